using LpcEngine.Experiments.Sweeps;

namespace LpcEngine.Tests.Sweeps;

/// <summary>How long a sweep takes, by a clock that stands where it is put.</summary>
internal sealed class SweepClockTests
{
    private TimeSpan now;

    private static StepTimes Lpc(double seconds) => StepTimes.None.With("lpc", seconds);

    private SweepClock Start(SweepCell[] cells, int jobs, StepTimes? times = null)
    {
        now = TimeSpan.Zero;
        return new(cells, jobs, () => now) { Times = times ?? StepTimes.None };
    }

    [Test]
    public void Before_a_run_is_on_its_way_the_estimate_is_that_of_the_steps_less_the_time_gone()
    {
        SweepCell[] cells = [MadeUpRuns.Done("lpc", 1e-4, 1, 0.5, seconds: 50), MadeUpRuns.Waiting("lpc", 2e-4, 1), MadeUpRuns.Waiting("lpc", 4e-4, 1)];
        var clock = Start(cells, 2);
        Assert.That(clock.Estimate(), Is.EqualTo(50), "200 steps of half a second, as the finished run's, two at a time");
        now = TimeSpan.FromSeconds(20);
        Assert.That(clock.SecondsLeft(), Is.EqualTo(30));
        now = TimeSpan.FromSeconds(70);
        Assert.That(clock.SecondsLeft(), Is.Zero, "late, not negative");
        Assert.That(Start(cells[1..], 2).SecondsLeft(), Is.Null, "nothing is known");
        Assert.That(Start(cells[1..], 8, Lpc(3)).Estimate(), Is.EqualTo(300), "no more at a time than there are");
    }

    [Test]
    public void Then_it_follows_the_speed_of_the_sweep()
    {
        SweepCell[] cells = [MadeUpRuns.Waiting("lpc", 2e-4, 1), MadeUpRuns.Waiting("lpc", 4e-4, 1)];
        foreach (var times in (StepTimes[])[StepTimes.None, Lpc(0.5)])
        {
            foreach (var cell in cells) (cell.State, cell.StepsDone) = (CellState.Waiting, 0);
            var clock = Start(cells, 2, times);
            now = TimeSpan.FromSeconds(30);
            cells[0].StepsDone = 100;
            Assert.That(clock.SecondsLeft(), Is.EqualTo(30), "as long as until now");
            (cells[0].State, cells[1].State) = (CellState.Done, CellState.Diverged);
            Assert.That(clock.SecondsLeft(), Is.Zero);
        }
    }

    [Test]
    public void Steps_count_as_long_as_those_of_their_variant_and_of_unknown_ones_as_the_mean_of_the_others()
    {
        SweepCell[] cells =
        [
            MadeUpRuns.Done("lpc", 1e-4, 1, 0.5, seconds: 100), MadeUpRuns.Done("lpc", 1e-4, 2, 0.5, seconds: 300), MadeUpRuns.Done("lpc-scl", 1e-4, 1, 0.5, seconds: 600),
            MadeUpRuns.Waiting("lpc", 2e-4, 1), MadeUpRuns.Waiting("lpc-scl", 2e-4, 1), MadeUpRuns.Waiting("nopen", 2e-4, 1),
        ];
        var clock = Start(cells, 1);
        Assert.That(clock.Estimate(), Is.EqualTo(100 * (2 + 6 + 4)), "means of 1 and 3, 6, and the mean of 2 and 6");
        (cells[3].State, cells[3].StepsDone) = (CellState.Done, 100);
        now = TimeSpan.FromSeconds(400);
        Assert.That(clock.SecondsLeft(), Is.EqualTo(2 * 1000), "its 200 seconds of steps took twice as long with all that belongs to a run");
    }

    [Test]
    public void A_run_that_ends_says_how_long_its_variant_takes_and_what_was_timed_at_the_start_holds_for_the_others_until_then()
    {
        SweepCell[] cells = [MadeUpRuns.Waiting("lpc", 1e-4, 1), MadeUpRuns.Waiting("scl", 1e-4, 1), MadeUpRuns.Waiting("scl", 2e-4, 1)];
        var clock = Start(cells, 1, Lpc(1));
        Assert.That(clock.Estimate(), Is.EqualTo(300), "as if all were lpc");
        (cells[0].State, cells[0].StepsDone) = (CellState.Done, 100);
        (cells[1].State, cells[1].StepsDone, cells[1].Summary) = (CellState.Done, 100, MadeUpRuns.Done("scl", 1e-4, 1, 0.5, seconds: 300).Summary);
        now = TimeSpan.FromSeconds(400);
        Assert.That(clock.SecondsLeft(), Is.EqualTo(300), "a step of scl takes three seconds, not the two of a mean over the steps so far");
    }

    [Test]
    public void Summaries_without_times_tell_nothing()
    {
        SweepCell[] cells = [MadeUpRuns.Done("lpc", 1e-4, 1, 0.5, seconds: 0), MadeUpRuns.Ended("lpc", 1e-4, 2, CellState.Failed)];
        Assert.That(StepTimes.Measured(cells).Mean, Is.Null);
        cells[0].Summary!["seconds"] = "long";
        Assert.That(StepTimes.Measured(cells).Of("lpc"), Is.Null);
    }
}
