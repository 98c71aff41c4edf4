using System.Globalization;
using System.Text.RegularExpressions;
using LpcEngine.Engine;

namespace LpcEngine.Experiments.Sweeps.Slurm;

/// <summary>A time limit as Slurm writes them, and how long before it a run is told.</summary>
internal static partial class SlurmTime
{
    private const int LongestNotice = 120, LeastNotice = 10;

    /// <summary>Seconds of notice before a limit: two minutes, a quarter of a limit below eight.</summary>
    /// <param name="limit">As <see cref="Check"/> takes it.</param>
    public static int Notice(string limit) => Seconds(limit) is { } seconds ? (int)Math.Clamp(seconds / 4, LeastNotice, LongestNotice) : LongestNotice;

    /// <summary>Passes a limit on.</summary>
    /// <exception cref="UserErrorException">Slurm would not take it.</exception>
    public static string Check(string limit)
    {
        if (!IsEndless(limit) && !(Seconds(limit) > 0))
            throw new UserErrorException($"--slurm-time {limit}: must be minutes, hours:minutes:seconds, days-hours or days-hours:minutes:seconds, such as 4:00:00, or infinite.");
        return limit;
    }

    private static bool IsEndless(string limit) => limit.ToLowerInvariant() is "infinite" or "unlimited";

    // One number is minutes, two are minutes:seconds, three hours:minutes:seconds; behind days they count from the hours on.
    private static double? Seconds(string limit)
    {
        if (Limit().Match(limit) is not { Success: true } match) return null;
        double[] parts = [.. match.Groups["part"].Captures.Select(part => double.Parse(part.Value, CultureInfo.InvariantCulture))];
        if (match.Groups["days"].Success)
            return 86_400 * double.Parse(match.Groups["days"].Value, CultureInfo.InvariantCulture) + parts.Zip([3600, 60, 1], (part, unit) => part * unit).Sum();
        return parts switch
        {
            [var minutes] => 60 * minutes,
            [var minutes, var seconds] => 60 * minutes + seconds,
            _ => 3600 * parts[0] + 60 * parts[1] + parts[2],
        };
    }

    [GeneratedRegex(@"^((?<days>\d{1,6})-)?(?<part>\d{1,8})(:(?<part>\d{1,4})){0,2}$", RegexOptions.CultureInvariant)]
    private static partial Regex Limit();
}
