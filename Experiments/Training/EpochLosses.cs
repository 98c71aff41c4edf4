using LpcEngine.Engine;
using LpcEngine.Kernels;

namespace LpcEngine.Experiments.Training;

/// <summary>What the steps of an epoch have lost: a row for each in a table on the device, the sums over all, and what the host knows of them.</summary>
/// <remarks>
/// A step writes, and no step waits for the host to have read. After each step the host asks for the sums and takes those that it asked for two steps ago (<see cref="Follow"/>): the device has two steps to do while the host
/// reads, and the host is never further ahead, so that whoever interrupts a run need not wait long. What it knows after which step does not hang on how fast either is. Only who needs all steps so far waits for the device to have
/// nothing more to do (<see cref="Fetch"/>).
/// </remarks>
internal sealed class EpochLosses
{
    private const int StepsAhead = 2, StepsBetweenTables = 50;

    private readonly Tensor history;
    private readonly Readback table;
    private readonly Readback[] sums;
    private readonly float[] rows;

    /// <param name="device">Where.</param>
    /// <param name="steps">Steps of an epoch.</param>
    public EpochLosses(Device device, int steps)
    {
        Tally = device.NewKept(new Shape(TallyOp.Length));
        history = device.NewKept(new Shape(steps, LossHistoryOp.Width));
        rows = new float[history.Shape.Count];
        table = device.NewReadback(history);
        // The cpu has done a step when the host goes on: there the answer to the last question is there.
        sums = [.. Enumerable.Range(0, device is CpuDevice ? 1 : StepsAhead + 1).Select(_ => device.NewReadback(Tally))];
    }

    /// <summary>Sums over this epoch so far, on the device.</summary>
    public Tensor Tally { get; }

    /// <summary>What steps change on the device.</summary>
    public IEnumerable<Tensor> State => [Tally, history];

    /// <summary>The epoch's means after so many <see cref="Steps"/>.</summary>
    public Tallies Means { get; private set; }

    /// <summary>Steps of the epoch that <see cref="Means"/> are known of.</summary>
    public int Steps { get; private set; }

    /// <summary>Steps of the epoch whose own losses are known.</summary>
    public int Listed { get; private set; }

    /// <summary>Forgets what the host knows and has asked for: an epoch begins, or the trainer goes to another place.</summary>
    public void Forget()
    {
        table.Forget();
        foreach (var question in sums) question.Forget();
        (Means, Steps, Listed) = (default, 0, 0);
    }

    /// <summary>A step's losses, within the step.</summary>
    /// <param name="step">Steps of the epoch so far, on the device.</param>
    /// <param name="logits">The batch's plain logits: accuracy is theirs, as in evaluation.</param>
    /// <param name="labels">Its classes.</param>
    /// <param name="crossEntropy">Its mean cross-entropy.</param>
    /// <param name="penalty">Its penalty, if there is one.</param>
    /// <param name="contrastive">Its contrastive loss, if there is one.</param>
    public void Add(Tensor step, Tensor logits, Tensor labels, Tensor crossEntropy, Tensor? penalty, Tensor? contrastive)
    {
        TallyOp.Tally(Tally, logits, labels, crossEntropy, penalty, contrastive);
        LossHistoryOp.Write(history, step, crossEntropy, penalty, contrastive);
    }

    /// <summary>After each step: asks for the sums, and takes those of two steps ago; on the cpu those of this one. The table, longer and wanted less, comes every 50 steps.</summary>
    /// <param name="step">The step of the epoch that was taken, from 1.</param>
    public void Follow(int step)
    {
        if (step % StepsBetweenTables == 0) table.Ask(); // before the sums: when those are there, so is the table
        sums[step % sums.Length].Ask();
        var known = step - sums.Length + 1;
        var answer = sums[(step + 1) % sums.Length];
        if (known < 1 || !answer.IsAsked) return; // of steps before the trainer came here nothing was asked
        (Means, Steps) = (Tallies.Of(answer.Take<float>()), known);
        if (known % StepsBetweenTables == 0 && table.IsAsked) ReadTable(known);
    }

    /// <summary>Asks for everything and waits for it.</summary>
    /// <param name="steps">Steps of the epoch taken so far.</param>
    public void Fetch(int steps)
    {
        FetchTable(steps);
        var question = sums[0];
        question.Ask();
        (Means, Steps) = (Tallies.Of(question.Take<float>()), steps);
        foreach (var other in sums) other.Forget();
    }

    /// <summary>Asks for the steps' own losses and waits for them.</summary>
    /// <param name="steps">How many steps there are losses of, be it in the epoch before.</param>
    public void FetchTable(int steps)
    {
        table.Ask();
        ReadTable(steps);
    }

    /// <summary>A step's losses.</summary>
    /// <param name="step">The step of the epoch, from 1, at most <see cref="Listed"/>.</param>
    public StepResult Of(int step)
    {
        var row = rows.AsSpan((step - 1) * LossHistoryOp.Width, LossHistoryOp.Width);
        return new(row[0], row[1], row[2]);
    }

    private void ReadTable(int steps)
    {
        table.Take<float>().CopyTo(rows);
        Listed = steps;
    }
}
