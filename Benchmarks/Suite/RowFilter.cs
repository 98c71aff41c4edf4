using System.Text.RegularExpressions;
using LpcEngine.Engine;

namespace LpcEngine.Benchmarks.Suite;

/// <summary>BenchmarkDotNet's <c>--filter</c>, applied to operations: patterns with * and ?, in any case; one that matches is enough.</summary>
internal static class RowFilter
{
    /// <summary>Chooses rows.</summary>
    /// <param name="rows">All rows.</param>
    /// <param name="patterns">The patterns; none chooses everything.</param>
    /// <returns>At least one row, in the order given.</returns>
    /// <exception cref="UserErrorException">A pattern matches nothing.</exception>
    public static IReadOnlyList<BenchmarkRow> Choose(IReadOnlyList<BenchmarkRow> rows, IReadOnlyList<string> patterns)
    {
        if (patterns.Count == 0) return rows;
        var chosen = new HashSet<BenchmarkRow>();
        foreach (var pattern in patterns)
        {
            var expression = new Regex(
                "^" + Regex.Escape(pattern).Replace("\\*", ".*").Replace("\\?", ".") + "$",
                RegexOptions.IgnoreCase | RegexOptions.Singleline | RegexOptions.CultureInvariant);
            var matches = rows.Where(row => row.FilterNames.Any(expression.IsMatch)).ToArray();
            if (matches.Length == 0)
                throw new UserErrorException($"--filter {pattern}: no benchmark has such a name; operations are {string.Join(", ", rows.Select(row => row.Operation).Distinct())}. '*Conv2d*' matches parts of names.");
            chosen.UnionWith(matches);
        }
        return rows.Where(chosen.Contains).ToArray();
    }
}
