using LpcEngine.Experiments.Runs;
using LpcEngine.Experiments.Sweeps;

namespace LpcEngine.Tests.Sweeps;

/// <summary>Which runs are chosen, and what the table makes of them.</summary>
internal sealed class SweepTableTests
{
    [Test]
    public void The_mean_and_the_sample_deviation_are_those_of_the_textbook()
    {
        var spread = Spread.Of([2, 4, 4, 4, 5, 5, 7, 9]);
        Assert.That((spread.Mean, spread.Count), Is.EqualTo((5.0, 8)));
        Assert.That(spread.Deviation, Is.EqualTo(Math.Sqrt(32.0 / 7)).Within(1e-15));
        Assert.That(spread.Text(1, 2), Is.EqualTo("5.00 ± 2.14"));
        Assert.That(Spread.Of([0.5, null, double.NaN, 0.75]).Count, Is.EqualTo(2));
    }

    [Test]
    public void One_value_has_no_deviation_and_none_has_no_mean()
    {
        Assert.That(Spread.Of([0.123]).Text(100, 1), Is.EqualTo("12.3"));
        Assert.That(Spread.Of([]).Text(100, 1), Is.EqualTo("–"));
        Assert.That(Spread.Of([0.04583]).Text(1, -3), Is.EqualTo("0.0458"));
        Assert.That(Spread.Of([0.0]).Text(1, -3), Does.StartWith("0.0"));
        Assert.That(Spread.Of([45831.2, 45831.2]).Text(1, -3), Is.EqualTo("45831 ± 0"));
    }

    private static readonly SweepCell[] Grid =
    [
        MadeUpRuns.Done("lpc", 1e-4, 1, test: 0.5, validation: 0.7, ratio: 10), MadeUpRuns.Done("lpc", 2e-4, 1, test: 0.6, validation: 0.6, ratio: 20),
        MadeUpRuns.Done("lpc", 1e-4, 2, test: 0.8, validation: 0.5, ratio: 30), MadeUpRuns.Done("lpc", 2e-4, 2, test: 0.8, validation: 0.9, ratio: 40),
        MadeUpRuns.Done("nopen", 1e-4, 1, test: 0.4, validation: 0.4), MadeUpRuns.Ended("nopen", 2e-4, 1, CellState.Diverged, "Training diverged."),
        MadeUpRuns.Ended("nopen", 1e-4, 2, CellState.Refused), MadeUpRuns.Ended("nopen", 2e-4, 2, CellState.Interrupted),
    ];

    [Test]
    public void For_each_variant_and_seed_the_rate_of_the_highest_test_accuracy_is_chosen_of_equals_the_smaller()
    {
        var chosen = Selections.Choose(Grid.Reverse(), Selection.Test).OrderBy(cell => cell.Variant).ThenBy(cell => cell.Seed).Select(cell => (cell.Variant, cell.Seed, cell.Rate));
        Assert.That(chosen, Is.EqualTo(new[] { ("lpc", 1L, 2e-4), ("lpc", 2L, 1e-4), ("nopen", 1L, 1e-4) }));
    }

    [Test]
    public void By_validation_the_test_accuracy_does_not_matter()
    {
        var chosen = Selections.Choose(Grid, Selection.Validation).Where(cell => cell.Variant == "lpc").Select(cell => (cell.Seed, cell.Rate));
        Assert.That(chosen, Is.EqualTo(new[] { (1L, 1e-4), (2L, 2e-4) }));
    }

    [Test]
    public void A_run_without_an_accuracy_is_chosen_only_when_it_is_alone()
    {
        var (none, some) = (MadeUpRuns.Done("lpc", 1e-4, 1, null), MadeUpRuns.Done("lpc", 2e-4, 1, 0.1));
        Assert.That(Selections.Choose([none, some], Selection.Test), Is.EqualTo(new[] { some }));
        Assert.That(Selections.Choose([none], Selection.Test), Is.EqualTo(new[] { none }));
    }

    [Test]
    public void The_table_has_a_row_for_each_variant_and_a_line_for_each_trouble()
    {
        var table = new SweepTable(Grid, Selection.Test);
        var lines = table.Lines().ToArray();
        Assert.That(lines, Has.Length.EqualTo(3));
        Assert.That(lines[1], Does.Match(@"^lpc +1e-4…2e-4 +2/2 +70\.00 ± 14\.14 +55\.00 ± 7\.07 +100\.00 ± 0\.00 +25\.00 ± 7\.07 +10 ± 0$"));
        Assert.That(lines[2], Does.Match(@"^nopen +1e-4 +1/2 +40\.00 +40\.00 +100\.00 +2\.00 +10$"), "one seed shows no deviation");
        Assert.That(lines, Has.All.Length.LessThanOrEqualTo(100));
        Assert.That(table.Troubles(), Has.Exactly(3).Items.And.Some.EqualTo("nopen --lr 2e-4 --seed 1: diverged: Training diverged."));
    }

    [Test]
    public void The_json_says_the_same()
    {
        var json = System.Text.Json.Nodes.JsonNode.Parse(JsonText.Line(new SweepTable(Grid, Selection.Validation).Json("synthetic10", "quick")))!;
        Assert.That((string)json["select"]!, Is.EqualTo("validation"));
        Assert.That(json["variants"]!.AsArray().Select(row => (string)row!["variant"]!), Is.EqualTo(new[] { "lpc", "nopen" }));
        Assert.That((double)json["variants"]![0]!["test_accuracy"]!["mean"]!, Is.EqualTo(0.65).Within(1e-12));
        Assert.That(json["variants"]![1]!["test_accuracy"]!["deviation"], Is.Null);
        Assert.That(json["runs"]!.AsArray(), Has.Count.EqualTo(8));
        Assert.That((string)json["runs"]![5]!["state"]!, Is.EqualTo("diverged"));
    }

    [TestCase(CellState.Done, false, 0)]
    [TestCase(CellState.Diverged, false, 3)]
    [TestCase(CellState.Refused, false, 2)]
    [TestCase(CellState.Failed, false, 1)]
    [TestCase(CellState.Interrupted, false, 130)]
    [TestCase(CellState.Diverged, true, 130)]
    public void The_exit_code_is_that_of_the_gravest_end(CellState state, bool interrupted, int code)
    {
        SweepCell[] cells = [MadeUpRuns.Done("lpc", 1e-4, 1, 0.5), MadeUpRuns.Ended("lpc", 2e-4, 1, state)];
        Assert.That(SweepRunner.ExitCode(cells, interrupted), Is.EqualTo(code));
        Assert.That(SweepRunner.ExitCode([.. cells, MadeUpRuns.Ended("lpc", 1, 1, CellState.Failed)], false), Is.EqualTo(1));
    }
}
