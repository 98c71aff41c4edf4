using System.Globalization;

namespace LpcEngine.Experiments.Screen;

/// <summary>Numbers of things as people read them.</summary>
internal static class Counts
{
    /// <summary>A number and what is counted, in the singular or with an s.</summary>
    public static string Text(long n, string thing) => n == 1 ? $"1 {thing}" : string.Create(CultureInfo.InvariantCulture, $"{n:n0} {thing}s");
}
