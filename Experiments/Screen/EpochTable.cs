using System.Globalization;

namespace LpcEngine.Experiments.Screen;

/// <summary>Lays out the table of epochs: one form for terminals of 80 columns, one with more digits where there's room.</summary>
internal sealed class EpochTable
{
    // Columns: epoch, loss, penalty, gamma, train, test, ratio, trace per dimension, variation of norms, images/s, time left.
    // The narrow form takes 79 columns: what the longest numbers of two or three digits need ("1.23e-05", "1.2e-05").
    private static readonly EpochTable Narrow = new([4, 8, 7, 7, 6, 6, 6, 7, 5, 6, 7], "g3", "g2", "g2", "ep.", "tr/d", "CV");
    private static readonly EpochTable Wide = new([6, 9, 9, 9, 7, 7, 8, 10, 8, 7, 8], "g4", "g3", "g3", "epoch", "trace/d", "CV norm");

    private const int WidestBar = 30, NarrowestBar = 5;

    private readonly int[] widths;
    private readonly string loss, penalty, trace;

    private EpochTable(
        int[] widths, string loss, string penalty, string trace, string epochHead, string traceHead, string variationHead)
    {
        (this.widths, this.loss, this.penalty, this.trace) = (widths, loss, penalty, trace);
        Head = Join([epochHead, "loss", "penalty", "gamma", "train", "test", "ratio", traceHead, variationHead, "img/s", "left"]);
    }

    /// <summary>The heads of the columns.</summary>
    public string Head { get; }

    /// <summary>The form for a terminal's width in columns.</summary>
    public static EpochTable For(int width) => width >= Wide.Head.Length ? Wide : Narrow;

    /// <summary>The line of a finished epoch.</summary>
    public string Line(EpochRow row) => Join(
    [
        .. Begin(row), Number(row.Test, "p1"), Number(row.Ratio, row.Ratio < 1000 ? "n2" : "n0"), Number(row.Trace, trace), Number(row.NormVariation, "n3"),
        Number(row.Speed, "n0"), Time(row.Left),
    ]);

    /// <summary>The line of the running epoch: its first columns, how much of it is done, and the time left. The bar takes what room there is.</summary>
    /// <param name="row">What is known so far.</param>
    /// <param name="part">How much of the epoch is done, 0–1; null where no bar can be drawn.</param>
    /// <param name="room">Columns; the line has no more.</param>
    public StyledLine LiveLine(EpochRow row, double? part, int room)
    {
        var (begin, end) = (Join(Begin(row)), $"{Number(row.Speed, "n0")} img/s, {Time(row.Left)} left");
        var width = Math.Min(WidestBar, room - begin.Length - end.Length - 4);
        var bar = width < NarrowestBar || part is null ? ("", Tone.Plain) : (Bar(part.Value, width) + "  ", Tone.Accent);
        return new StyledLine((begin + "  ", Tone.Plain), bar, (end, Tone.Plain)).Cut(room);
    }

    private string[] Begin(EpochRow row) =>
    [
        row.Epoch.ToString(CultureInfo.InvariantCulture), Number(row.Loss, loss), Number(row.Penalty, penalty), Number(row.Gamma, penalty),
        Number(row.Train, "p1"),
    ];

    private string Join(string[] cells) => string.Join(' ', cells.Select((cell, i) => cell.PadLeft(widths[i])));

    private static string Bar(double part, int width)
    {
        var full = (int)(part * width);
        return new string('━', full) + new string('╌', width - full);
    }

    private static string Number(double? value, string format) =>
        value?.ToString(format, CultureInfo.InvariantCulture).Replace(" %", "%", StringComparison.Ordinal) ?? "";

    private static string Time(double? seconds) => seconds switch
    {
        null => "?",
        >= 86_400_000 => ">999 d",
        >= 86_400 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 86_400:n1} d"),
        >= 3600 => $"{(int)seconds / 3600}h {(int)seconds / 60 % 60:00}m",
        >= 60 => $"{(int)seconds / 60}m {(int)seconds % 60:00}s",
        _ => string.Create(CultureInfo.InvariantCulture, $"{seconds:n0}s"),
    };
}
