namespace LpcEngine.Experiments.Training;

/// <summary>How long a run still takes to the end of its last epoch: steps and the evaluations between them. What is measured once at the end is not in it.</summary>
/// <remarks>
/// Before the first step only a few steps and one forward pass have been timed, alone on a warm device; what this run's own steps take counts more with each of them. Every evaluation that was
/// made replaces the estimate.
/// </remarks>
internal sealed class RunClock
{
    // The measurement before the first step counts as much as so many steps of the run.
    private const double StepsOfEstimate = 20;

    private readonly RunConfig config;
    private readonly int stepsPerEpoch;
    private readonly int? evaluateEvery;
    private readonly RunState start;
    private readonly double secondsPerStep, secondsPerEvaluation;
    private readonly long lastStep;
    private double evaluationSeconds;
    private int evaluated;

    /// <summary>Starts it.</summary>
    /// <param name="config">The run.</param>
    /// <param name="stepsPerEpoch">Steps of an epoch.</param>
    /// <param name="stopAfter">After how many steps the command ends the run; null for never.</param>
    /// <param name="evaluateEvery">Epochs between two evaluations; null for none.</param>
    /// <param name="start">Where the run begins, or goes on.</param>
    /// <param name="secondsPerStep">What a step is thought to take.</param>
    /// <param name="secondsPerEvaluation">What an evaluation is thought to take.</param>
    public RunClock(RunConfig config, int stepsPerEpoch, int? stopAfter, int? evaluateEvery, RunState start, double secondsPerStep, double secondsPerEvaluation)
    {
        (this.config, this.stepsPerEpoch, this.evaluateEvery, this.start) = (config, stepsPerEpoch, evaluateEvery, start);
        (this.secondsPerStep, this.secondsPerEvaluation) = (secondsPerStep, secondsPerEvaluation);
        lastStep = Math.Min((long)config.Epochs * stepsPerEpoch, stopAfter ?? long.MaxValue);
    }

    /// <summary>Steps that a run at this place has before it.</summary>
    public long StepsLeft(RunState state) => Math.Max(0, lastStep - state.Steps);

    /// <summary>Evaluations that lie between these steps: the one after the last epoch is among the measurements at the end.</summary>
    /// <param name="state">The place. Its epoch has not ended.</param>
    public int EvaluationsLeft(RunState state) => EvaluationsAfter(state.Epoch - 1);

    /// <summary>Seconds from a place within an epoch.</summary>
    public double SecondsLeft(RunState state) => StepsLeft(state) * SecondsPerStep(state) + EvaluationsLeft(state) * SecondsPerEvaluation;

    /// <summary>Seconds from an epoch's end, after its evaluation.</summary>
    public double SecondsLeftAfterEpoch(RunState state) => StepsLeft(state) * SecondsPerStep(state) + EvaluationsAfter(state.Epoch) * SecondsPerEvaluation;

    /// <summary>An evaluation was made.</summary>
    /// <param name="seconds">What it took.</param>
    public void Evaluated(double seconds)
    {
        evaluationSeconds += seconds;
        evaluated++;
    }

    private double SecondsPerEvaluation => evaluated > 0 ? evaluationSeconds / evaluated : secondsPerEvaluation;

    private double SecondsPerStep(RunState state) =>
        (StepsOfEstimate * secondsPerStep + (state.Seconds - start.Seconds)) / (StepsOfEstimate + (state.Steps - start.Steps));

    // Those after epochs that come after this one and before the last that will be whole.
    private int EvaluationsAfter(int epoch)
    {
        if (evaluateEvery is not { } every) return 0;
        var last = (int)Math.Min(lastStep / stepsPerEpoch, config.Epochs - 1L);
        return Math.Max(0, last / every - epoch / every);
    }
}
