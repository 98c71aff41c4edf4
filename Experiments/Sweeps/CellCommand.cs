using System.Globalization;

namespace LpcEngine.Experiments.Sweeps;

/// <summary>The single command of a run of a sweep, without the program.</summary>
internal static class CellCommand
{
    /// <summary>Its arguments, word by word.</summary>
    /// <param name="cell">The run.</param>
    /// <param name="forEachRun">What the sweep's command line says to every run.</param>
    /// <param name="threads">Threads of the cpu device.</param>
    public static IReadOnlyList<string> Arguments(SweepCell cell, IReadOnlyList<string> forEachRun, int threads) =>
    [
        cell.Config.DataSet, cell.Variant, .. forEachRun, .. Gamma(cell), "--lr", cell.Rate.ToString("r", CultureInfo.InvariantCulture),
        "--seed", cell.Seed.ToString(CultureInfo.InvariantCulture), "--threads", threads.ToString(CultureInfo.InvariantCulture), "--out", cell.Folder, "--yes",
    ];

    private static string[] Gamma(SweepCell cell) => cell.Gamma is { } gamma ? ["--gamma-max", gamma.ToString("r", CultureInfo.InvariantCulture)] : [];
}
