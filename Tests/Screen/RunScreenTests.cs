using LpcEngine.Experiments.Data;
using LpcEngine.Experiments.Runs;
using LpcEngine.Experiments.Screen;
using LpcEngine.Experiments.Training;
using LpcEngine.Models;
using LpcEngine.Tests.Experiments;

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
    public void Below_the_table_stand_the_running_epoch_and_the_curves_and_every_line_fits()
    {
        using var temporary = new TemporaryFolder();
        using var folder = RunFolder.Open(temporary["run"]);
        var device = TestDevices.Get("cpu");
        var options = new TrainOptions { DataSet = "synthetic10", Variant = "lpc-narrow", Width = 1, Steps = 12, Batch = 10 };
        var data = DataSets.Load("synthetic10", new DataOptions { TrainPerClass = 10, TestPerClass = 1 });
        var config = RunConfig.From(options, Preset.Named("quick"), Variants.Named("lpc-narrow"), data.Facts);
        var images = RunImages.Upload(device, data, config);
        var trainer = new Trainer(config, new Classifier(new Initialiser(device, 1), config.BackboneSpec, config.Head, config.Penultimate, config.Classes), images.Train, device);
        var terminal = new FakeTerminal(80);
        var screen = new RunScreen(terminal.Console(), folder) { Confirm = null };
        screen.Start(config, trainer, device, new RunState(), new RunPlan(12, new StepTime(50_000, 0, Replay.Code), 0) { Evaluations = 3, SecondsPerEvaluation = 2.5 });
        Assert.That(terminal.Text, Does.Contain("long for this device").And.Not.Contain("--preset quick"), "it is quick already");
        Assert.That(terminal.Text, Does.Contain("12 steps of 50,000 s and 3 evaluations of 2.5 s"));

        screen.StartTable([]);
        trainer.TakeStep();
        trainer.Losses.Follow(trainer.StepOfEpoch);
        var state = new RunState { Steps = 10, Images = 100, Seconds = 100 };
        var evaluation = EpochEvaluation.Run(trainer.Model, images, device, config, withEntropy: false);
        for (var epoch = 0; epoch < 2; epoch++)
        {
            screen.Evaluating(trainer);
            Assert.That(TerminalPicture.Of(terminal.Text), Has.One.EqualTo("epoch 1: measuring the network"));
            screen.Epoch(trainer, trainer.Losses.Means, state, evaluation, 20);
        }
        Thread.Sleep(300); // the running line renews a few times a second
        screen.Step(trainer, state, 20);
        var lines = TerminalPicture.Of(terminal.Text).SkipWhile(line => !line.StartsWith(" ep.", StringComparison.Ordinal)).ToArray();
        Assert.That(lines, Has.Length.EqualTo(7), string.Join('\n', lines));
        Assert.That(lines[1..3], Has.All.Match(" 20s$"));
        Assert.That(lines[3], Does.EndWith(", 20s left"));
        Assert.That(lines[4], Does.Match("^collapse  ▅▅  [0-9.e-]+ → [0-9.e-]+  within-class variance / squared norm$"));
        Assert.That(lines[5], Does.Match("^accuracy  ▅▅  [0-9.]+% → [0-9.]+%  of the test images$"));
        Assert.That(lines, Has.All.Length.LessThanOrEqualTo(79));

        screen.Interrupted();
        Assert.That(TerminalPicture.Of(terminal.Text)[^4..], Is.EqualTo(new[] { lines[1], lines[2], "Interrupted; the same command goes on from here.", "" }), "nothing is left of the running epoch");
        Assert.That(File.ReadAllText(temporary["run/log.txt"]), Does.Not.Contain("\u001b").And.Not.Contain("collapse  "));
    }

    [Test]
    public void What_a_command_says_of_the_screen_holds_for_all_that_it_shows_and_ends_with_it()
    {
        foreach (var (flag, mode) in new[] { ("--plain", ScreenMode.Plain), ("--quiet", ScreenMode.Quiet) })
        {
            foreach (var command in (string[][])[["synthetic10", "lpc", "--preset", "no"], ["sweep", "synthetic10", "--preset", "no"], ["evaluate", "no"]])
            {
                Cli.Refuse([.. command, flag]);
                Assert.That(Terminal.Mode, Is.EqualTo(mode), command[0]);
            }
            Cli.Succeed("data", "list");
            Assert.That(Terminal.Mode, Is.EqualTo(ScreenMode.Auto), "a command without the option");
        }
    }

    [Test]
    public void Plain_and_quiet_exclude_each_other() =>
        Assert.That(Cli.Refuse("synthetic10", "lpc-narrow", "--plain", "--quiet"), Does.Contain("--plain").And.Contain("--quiet").And.Contain("one of them"));
}
