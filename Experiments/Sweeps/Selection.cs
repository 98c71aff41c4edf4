using System.Text.Json.Nodes;
using LpcEngine.Engine;
using LpcEngine.Experiments.Runs;
using LpcEngine.Experiments.Training;

namespace LpcEngine.Experiments.Sweeps;

/// <summary>By which accuracy a variant's learning rate is chosen, for each seed.</summary>
internal enum Selection
{
    /// <summary>By the final accuracy on the test set, as in the paper: optimistic, because the same images choose and judge.</summary>
    Test,

    /// <summary>By the final accuracy on images held out of the training set.</summary>
    Validation,
}

/// <summary>Chooses among the finished runs of a sweep.</summary>
internal static class Selections
{
    /// <summary>Reads <c>--select</c>.</summary>
    /// <exception cref="UserErrorException">It's neither of them.</exception>
    public static Selection Parse(string? text) => text is null ? Selection.Test : (Selection)OptionWords.Index("--select", text, OptionWords.Selections);

    /// <summary>The key of summary.json that decides.</summary>
    public static string Key(this Selection selection) => selection == Selection.Test ? "test_accuracy" : "validation_accuracy";

    /// <summary>For each row and seed the finished run with the highest accuracy, of equals the one with the smallest rate.</summary>
    /// <param name="cells">All runs. Those without a result, or without a finite accuracy, can't be chosen; a run that is alone needs none.</param>
    /// <param name="selection">Which accuracy.</param>
    public static IReadOnlyList<SweepCell> Choose(IEnumerable<SweepCell> cells, Selection selection) =>
    [
        .. cells.Where(cell => cell.State == CellState.Done).GroupBy(cell => (cell.Row, cell.Seed))
            .Select(rates => Best(rates, selection, cell => cell.Summary, cell => cell.Rate)),
    ];

    /// <summary>Of runs that differ in their rate alone, the one with the highest accuracy; of equals the one with the smallest rate.</summary>
    public static T Best<T>(IEnumerable<T> runs, Selection selection, Func<T, JsonObject?> summary, Func<T, double> rate) =>
        runs.OrderByDescending(run => JsonText.Number(summary(run), selection.Key()) ?? double.NegativeInfinity).ThenBy(rate).First();
}
