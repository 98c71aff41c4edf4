using LpcEngine.Experiments.Sweeps;
using LpcEngine.Experiments.Training;
using LpcEngine.Models;
using LpcEngine.Tests.Screen;

namespace LpcEngine.Tests.Sweeps;

/// <summary>What a sweep says before it starts, while it runs, and when it asks.</summary>
internal sealed class SweepScreenTests
{
    private static readonly SweepOptions Options = new(new TrainOptions { DataSet = "synthetic10", Variant = "" }, []) { Variants = Variants.All };

    [Test]
    public void A_sweep_of_days_is_asked_about_where_somebody_can_answer()
    {
        SweepCell[] cells = [MadeUpRuns.Done("lpc", 1e-4, 1, 0.5, seconds: 3600), MadeUpRuns.Waiting("lpc", 2e-4, 1), MadeUpRuns.Ended("lpc", 4e-4, 1, CellState.Refused)];
        var (terminal, asked) = (new FakeTerminal(80), 0);
        var screen = new SweepScreen(terminal.Console())
        {
            Confirm = question =>
            {
                asked++;
                Assert.That(question, Does.Contain("2.0 days"));
                return false;
            },
        };
        Assert.That(screen.Start(cells, Options, "quick", new SweepClock(cells, 1)), Is.True);
        Assert.That(asked, Is.Zero, "an hour is no reason to ask");
        Assert.That(terminal.Text, Does.Contain("1 variant × 3 rates × 1 seed = 3 runs").And.Contain("1 done, 0 begun, 1 not begun, 1 refused").And.Contain("about 1 h 00 min"));
        cells[0].Summary!["seconds"] = 48 * 3600;
        var long_ = new SweepClock(cells, 1);
        Assert.That(screen.Start(cells, Options, "quick", long_), Is.False);
        Assert.That(asked, Is.EqualTo(1));
        Assert.That(terminal.Text, Does.Contain("--yes"));
        Assert.That(screen.Start(cells, Options with { Training = Options.Training with { Yes = true } }, "quick", long_), Is.True);
        Assert.That(new SweepScreen(terminal.Console()) { Confirm = null }.Start(cells, Options, "quick", long_), Is.True, "nobody there");
        Assert.That(asked, Is.EqualTo(1));
    }

    [Test]
    public void On_a_terminal_the_running_ones_have_a_line_each_that_renews_itself_and_fits()
    {
        using var folder = new TemporaryFolder();
        SweepCell[] cells = [MadeUpRuns.Waiting("lpc-narrow", 1e-4, 1) with { Folder = folder.Path }, MadeUpRuns.Waiting("lpc", 2e-4, 1)];
        var terminal = new FakeTerminal(60);
        var screen = new SweepScreen(terminal.Console()) { Confirm = null };
        var clock = new SweepClock(cells, 2);
        foreach (var cell in cells) screen.Started(cell);
        var before = terminal.Text.Length;
        (SweepCell, CellProgress)[] running = [(cells[0], Progress(folder, cells[0])), (cells[1], new CellProgress(cells[1]))];
        screen.Show(running, clock);
        Thread.Sleep(1100);
        foreach (var cell in cells) cell.State = CellState.Running;
        screen.Show(running, clock);
        cells[0].State = CellState.Refused;
        screen.Ended(cells[0], clock);
        var shown = terminal.Text[before..];
        var lines = TerminalPicture.Of(shown);
        Assert.That(lines, Has.Length.EqualTo(6), "a line that stays, of two rows; how many have ended; the two that run");
        Assert.That(lines[0], Does.StartWith("refused   lpc-narrow --lr 1e-4 --seed 1: "));
        Assert.That(lines[2], Does.Contain("runs have ended"));
        Assert.That(lines[3], Does.StartWith("lpc-narrow --lr 1e-4 --seed 1: epoch 2 of 66, train 50.0%"));
        Assert.That(lines[4], Is.EqualTo("lpc --lr 2e-4 --seed 1: 1 s"));
        Assert.That(lines[1..], Has.All.Length.LessThan(60));
    }

    [Test]
    public void Progress_is_read_from_what_the_run_appends_and_survives_a_run_that_goes_back()
    {
        using var folder = new TemporaryFolder();
        var cell = MadeUpRuns.Waiting("lpc", 1e-4, 1) with { Folder = folder.Path };
        var progress = Progress(folder, cell);
        Assert.That((progress.Epoch, progress.Accuracy, progress.TestAccuracy, cell.StepsDone), Is.EqualTo((2, (double?)0.5, (double?)0.25, 20L)));
        progress.Update();
        Assert.That(progress.Epoch, Is.EqualTo(2));
        File.WriteAllText(folder["metrics.jsonl"], """{"epoch":1,"split":"train","step":10,"running_accuracy":0.125}""" + "\n");
        progress.Update();
        Assert.That((progress.Epoch, cell.StepsDone), Is.EqualTo((1, 10L)));
        File.Delete(folder["metrics.jsonl"]);
        progress.Update();
        Assert.That(progress.Epoch, Is.EqualTo(1));
    }

    private static CellProgress Progress(TemporaryFolder folder, SweepCell cell)
    {
        File.WriteAllText(folder["metrics.jsonl"], """
            {"split":"step","epoch":1,"step":1,"loss":1}
            {"epoch":1,"split":"train","step":10,"running_accuracy":0.25}
            {"epoch":1,"split":"test","step":10,"accuracy":0.25}
            {"epoch":2,"split":"train","step":20,"running_accuracy":0.5}
            {"epoch":3,"split":"train","st
            """);
        var progress = new CellProgress(cell);
        progress.Update();
        return progress;
    }
}
