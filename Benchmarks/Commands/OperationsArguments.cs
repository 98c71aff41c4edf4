using LpcEngine.Engine;

namespace LpcEngine.Benchmarks.Commands;

/// <summary>The arguments that are ours, taken out of a command line for BenchmarkDotNet.</summary>
/// <param name="Filters">Patterns after <c>--filter</c> or <c>-f</c>.</param>
/// <param name="Device">After <c>--device</c>.</param>
/// <param name="Threads">After <c>--threads</c>.</param>
/// <param name="List">Whether <c>--list</c> asks for the names alone.</param>
/// <param name="Others">What is BenchmarkDotNet's, in order.</param>
internal sealed record OperationsArguments(IReadOnlyList<string> Filters, string? Device, int? Threads, bool List, string[] Others)
{
    /// <summary>Sorts a command line; options take their value from the next argument or after '='.</summary>
    /// <exception cref="UserErrorException">An option lacks its value.</exception>
    public static OperationsArguments Parse(string[] arguments)
    {
        var (filters, others) = (new List<string>(), new List<string>());
        string? device = null;
        int? threads = null;
        var list = false;
        for (var i = 0; i < arguments.Length; i++)
        {
            var parts = arguments[i].Split('=', 2);
            switch (parts[0])
            {
                case "--filter" or "-f":
                    var before = filters.Count;
                    if (parts.Length == 2) filters.Add(parts[1]);
                    while (i + 1 < arguments.Length && !arguments[i + 1].StartsWith('-')) filters.Add(arguments[++i]);
                    if (filters.Count == before) throw new UserErrorException("--filter needs a pattern, for example '*Conv2d*'.");
                    break;
                case "--device":
                    device = Value(arguments, parts, ref i);
                    break;
                case "--threads":
                    var text = Value(arguments, parts, ref i);
                    threads = int.TryParse(text, out var number) ? number : throw new UserErrorException($"--threads {text}: must be a whole number.");
                    break;
                case "--list":
                    list = true;
                    if (parts.Length == 1 && i + 1 < arguments.Length && !arguments[i + 1].StartsWith('-')) i++;
                    break;
                default:
                    others.Add(arguments[i]);
                    break;
            }
        }
        return new(filters, device, threads, list, [.. others]);
    }

    private static string Value(string[] arguments, string[] parts, ref int i) => parts.Length == 2
        ? parts[1]
        : i + 1 < arguments.Length && !arguments[i + 1].StartsWith('-')
            ? arguments[++i]
            : throw new UserErrorException($"{parts[0]} needs a value.");
}
