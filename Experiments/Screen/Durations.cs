using System.Globalization;

namespace LpcEngine.Experiments.Screen;

/// <summary>Times as people read them.</summary>
internal static class Durations
{
    /// <summary>From which time on a command says so, and asks.</summary>
    public const double SecondsOfADay = 86_400;

    /// <summary>A time in its two largest units.</summary>
    public static string Text(TimeSpan time) => time.TotalDays >= 1 ? Say($"{time.TotalDays:n1} days")
        : time.TotalHours >= 1 ? Say($"{(int)time.TotalHours} h {time.Minutes:00} min")
        : time.TotalMinutes >= 1 ? Say($"{time.Minutes} min {time.Seconds:00} s") : Say($"{time.TotalSeconds:n0} s");

    /// <summary>The same for seconds, of any size.</summary>
    public static string Text(double seconds) => Text(TimeSpan.FromSeconds(Math.Clamp(seconds, 0, TimeSpan.MaxValue.TotalSeconds / 2)));

    /// <summary>What one of many things takes, to two digits or more.</summary>
    public static string Short(double seconds) => seconds >= 10 ? Say($"{seconds:n0} s") : seconds >= 0.9995 ? Say($"{seconds:n1} s") : seconds >= 0.00995 ? Say($"{1000 * seconds:n0} ms") : Say($"{1000 * seconds:n1} ms");

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
