using System.Globalization;
using LpcEngine.Engine;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Sweeps;

/// <summary>Reads the lists of a sweep's command line: items between commas, none twice.</summary>
internal static class SweepLists
{
    // More runs than anybody will wait for; a mistyped count would fill the memory.
    private const int MostSeeds = 10_000;

    /// <summary><c>--variants</c>; all when null.</summary>
    public static IReadOnlyList<Variant> ParseVariants(string? text) =>
        text is null ? Variants.All : Items("--variants", text, static item => Variants.Named(item), static variant => variant.Name);

    /// <summary><c>--lrs</c>, in ascending order; null when null.</summary>
    public static IReadOnlyList<double>? ParseRates(string? text) => text is null ? null : [.. Items("--lrs", text, Rate, static rate => rate).Order()];

    /// <summary><c>--gammas</c>, in ascending order; null when null.</summary>
    public static IReadOnlyList<double>? ParseGammas(string? text) => text is null ? null : [.. Items("--gammas", text, Gamma, static gamma => gamma).Order()];

    /// <summary><c>--seeds</c>: a count n for 1 to n, or a list ("7," is the seed 7 alone); null when null.</summary>
    public static IReadOnlyList<long>? ParseSeeds(string? text)
    {
        if (text is null) return null;
        if (text.Contains(',')) return Items("--seeds", text, Seed, static seed => seed);
        return long.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is >= 1 and <= MostSeeds
            ? FirstSeeds((int)count)
            : throw new UserErrorException($"--seeds {text}: must be a count from 1 to {MostSeeds}, such as 5 for the seeds 1 to 5, or a list, such as 0,1,2 (or 7, for the seed 7 alone).");
    }

    /// <summary>The seeds 1 to n.</summary>
    public static IReadOnlyList<long> FirstSeeds(int n) => [.. Enumerable.Range(1, n).Select(seed => (long)seed)];

    private static double Rate(string item) => double.TryParse(item, NumberStyles.Float, CultureInfo.InvariantCulture, out var rate) && rate > 0 && double.IsFinite(rate)
        ? rate : throw new UserErrorException($"--lrs: '{item}' must be a finite number above 0, such as 1e-4.");

    private static double Gamma(string item) => double.TryParse(item, NumberStyles.Float, CultureInfo.InvariantCulture, out var gamma) && gamma >= 0 && double.IsFinite(gamma)
        ? gamma : throw new UserErrorException($"--gammas: '{item}' must be a finite number, 0 or more, such as 1e6.");

    private static long Seed(string item) => long.TryParse(item, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seed)
        ? seed : throw new UserErrorException($"--seeds: '{item}' must be a whole number.");

    private static IReadOnlyList<T> Items<T, TKey>(string option, string text, Func<string, T> parse, Func<T, TKey> key)
    {
        var parts = text.Split(',', StringSplitOptions.TrimEntries);
        // A comma at the end makes a list of one item a list.
        if (parts is [.., ""]) parts = parts[..^1];
        if (parts.Length == 0) throw new UserErrorException($"{option} {text}: the list is empty.");
        if (parts.Contains("")) throw new UserErrorException($"{option} {text}: an item between two commas is empty.");
        T[] items = [.. parts.Select(parse)];
        var seen = new HashSet<TKey>();
        for (var i = 0; i < items.Length; i++)
            if (!seen.Add(key(items[i]))) throw new UserErrorException($"{option} {text}: '{parts[i]}' is there twice.");
        return items;
    }
}
