using LpcEngine.Experiments.Data;
using LpcEngine.Experiments.Runs;
using LpcEngine.Experiments.Screen;
using LpcEngine.Experiments.Training;
using LpcEngine.Models;

namespace LpcEngine.Tests.Screen;

/// <summary>What a run shows on a terminal of 80 columns, and when it asks.</summary>
internal sealed class RunScreenTests
{
    [Test]
    public void A_run_of_days_is_asked_about_where_somebody_can_answer()
    {
        using var temporary = new TemporaryFolder();
        using var folder = RunFolder.Open(temporary["run"]);
        var (terminal, asked) = (new FakeTerminal(80), 0);
        var screen = new RunScreen(terminal.Console(), folder)
        {
            Confirm = question =>
            {
                asked++;
                Assert.That(question, Does.Contain("2.0 days"));
                return false;
            },
        };
        Assert.That(screen.Agrees(new RunPlan(1, new StepTime(3600, 0, Replay.Code), 0)), Is.True);
        Assert.That(asked, Is.Zero, "an hour is no reason to ask");
        Assert.That(screen.Agrees(new RunPlan(2, new StepTime(86_400, 0, Replay.Code), 0)), Is.False);
        Assert.That(asked, Is.EqualTo(1));
        Assert.That(terminal.Text.TrimEnd().Split('\n'), Has.Length.EqualTo(1).And.All.Contains("--yes"));
        var deaf = new RunScreen(terminal.Console(), folder) { Confirm = null };
        Assert.That(deaf.Agrees(new RunPlan(2, new StepTime(86_400, 0, Replay.Code), 0)), Is.True, "nobody there");
    }

    [Test]
    public void Time_left_obeys_steps_and_every_line_fits()
    {
        using var temporary = new TemporaryFolder();
        using var folder = RunFolder.Open(temporary["run"]);
        var device = TestDevices.Get("cpu");
        var options = new TrainOptions { DataSet = "synthetic10", Variant = "lpc-narrow", Width = 1, Steps = 12, Batch = 10, NoEvaluate = true };
        var data = DataSets.Load("synthetic10", new DataOptions { TrainPerClass = 10, TestPerClass = 1 });
        var config = RunConfig.From(options, Preset.Named("quick"), Variants.Named("lpc-narrow"), data);
        var images = new DeviceImages(device, data.Train, config.Mean, config.Std);
        var trainer = new Trainer(config, new Classifier(new Initialiser(device, 1), config.BackboneSpec, config.Head, config.Penultimate, config.Classes), images, device);
        var terminal = new FakeTerminal(80);
        var screen = new RunScreen(terminal.Console(), folder) { Confirm = null };
        screen.Start(config, trainer, device, new RunState(), new RunPlan(12, new StepTime(50_000, 0, Replay.Code), 0));
        Assert.That(terminal.Text, Does.Contain("long for this device").And.Not.Contain("--preset quick"), "it is quick already");

        // Ten steps took 100 s, two are left: 20 s, not the 650 steps to the end of the 66th epoch.
        screen.StartTable();
        trainer.TakeStep();
        Thread.Sleep(300); // the running line renews a few times a second
        var state = new RunState { Steps = 10, Images = 100, Seconds = 100 };
        screen.Step(trainer, state);
        screen.Epoch(trainer, Tallies.Read(trainer.Tally), state, null);
        var lines = terminal.Text[terminal.Text.IndexOf("ep.", StringComparison.Ordinal)..].Split('\n', '\r');
        Assert.That(lines, Has.One.EndsWith(", 20s left"));
        Assert.That(lines, Has.One.Matches(" 20s$"));
        Assert.That(lines.Select(line => line.Replace("\u001b[K", "")), Has.All.Length.LessThanOrEqualTo(80));
    }
}
