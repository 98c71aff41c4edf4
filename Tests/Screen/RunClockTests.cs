using LpcEngine.Experiments.Data;
using LpcEngine.Experiments.Training;
using LpcEngine.Models;

namespace LpcEngine.Tests.Screen;

/// <summary>The time left is counted as the run will go.</summary>
internal sealed class RunClockTests
{
    private static readonly RunConfig Config = RunConfig.From(
        new TrainOptions { DataSet = "synthetic10", Variant = "lpc-narrow", Width = 1 }, Preset.Named("quick"), Variants.Named("lpc-narrow"),
        DataSets.Load("synthetic10", new DataOptions { TrainPerClass = 1, TestPerClass = 1 }).Facts);

    [Test]
    public void Steps_and_evaluations_left_are_those_that_the_run_will_do()
    {
        var random = new Random(3);
        for (var trial = 0; trial < 300; trial++)
        {
            var (epochs, perEpoch, every) = (random.Next(1, 12), random.Next(1, 6), random.Next(1, 5));
            int? stop = random.Next(2) == 0 ? null : random.Next(1, epochs * perEpoch + 5);
            int? evaluates = random.Next(5) == 0 ? null : every;
            var clock = new RunClock(Config with { Epochs = epochs }, perEpoch, stop, evaluates, new RunState(), 1, 1);
            // The run, one step after another, as it would write its lines.
            var (steps, evaluations) = (new List<RunState>(), new List<long>());
            for (var step = 0; step < epochs * perEpoch && step < (stop ?? int.MaxValue); step++)
            {
                steps.Add(new RunState { Epoch = step / perEpoch + 1, StepOfEpoch = step % perEpoch, Steps = step });
                var ended = (step + 1) % perEpoch == 0 ? (step + 1) / perEpoch : 0;
                if (ended > 0 && ended < epochs && evaluates is { } n && ended % n == 0) evaluations.Add(step + 1);
            }
            foreach (var state in steps)
            {
                Assert.That(clock.StepsLeft(state), Is.EqualTo(steps.Count - state.Steps));
                Assert.That(clock.EvaluationsLeft(state), Is.EqualTo(evaluations.Count(at => at > state.Steps)), $"{epochs} epochs of {perEpoch}, every {evaluates}, stop {stop}, at {state.Steps}");
            }
        }
    }

    [Test]
    public void Ten_steps_of_ten_seconds_leave_twenty_seconds_for_two()
    {
        var clock = new RunClock(Config with { Epochs = 66 }, 10, stopAfter: 12, evaluateEvery: null, new RunState(), 10, 0);
        Assert.That(clock.SecondsLeft(new RunState { Steps = 10, Epoch = 2, Seconds = 100 }), Is.EqualTo(20).Within(1e-9), "not the 650 steps to the end of the 66th epoch");
    }

    [Test]
    public void What_steps_really_take_replaces_the_estimate()
    {
        var clock = new RunClock(Config with { Epochs = 1000 }, 10, null, null, new RunState { Steps = 50, Seconds = 1e6 }, secondsPerStep: 1, secondsPerEvaluation: 0);
        double PerStep(int done) => clock.SecondsLeft(new RunState { Steps = 50 + done, Seconds = 1e6 + 3.0 * done, Epoch = 6 }) / (10_000 - 50 - done);
        Assert.That(PerStep(0), Is.EqualTo(1));
        Assert.That(PerStep(20), Is.EqualTo(2).Within(1e-9));
        Assert.That(PerStep(9000), Is.EqualTo(3).Within(0.01));
    }

    [Test]
    public void Evaluations_count_as_they_were_thought_to_be_until_one_was_made()
    {
        var clock = new RunClock(Config with { Epochs = 10 }, 10, null, 2, new RunState(), 0, 5);
        Assert.That(clock.SecondsLeft(new RunState()), Is.EqualTo(20), "after the epochs 2, 4, 6 and 8");
        clock.Evaluated(3);
        clock.Evaluated(1);
        Assert.That(clock.SecondsLeftAfterEpoch(new RunState { Epoch = 4, Steps = 40 }), Is.EqualTo(4));
    }
}
