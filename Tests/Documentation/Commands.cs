using System.Text;
using System.Text.RegularExpressions;
using LpcEngine.Benchmarks.Commands;
using LpcEngine.Benchmarks.Suite;
using LpcEngine.Experiments.Data;
using LpcEngine.Models;

namespace LpcEngine.Tests.Documentation;

/// <summary>The commands that a page tells its readers to type.</summary>
internal static partial class Commands
{
    // What each verb needs at least.
    private static readonly Dictionary<string, string[]> Examples = new()
    {
        ["train"] = ["synthetic10", "lpc"], ["sweep"] = ["synthetic10"], ["evaluate"] = ["run"], ["predict"] = ["run", "image.png"], ["metrics"] = ["latents.safetensors"],
        ["report"] = ["runs"], ["export"] = ["run"], ["completion"] = ["bash"], ["throughput"] = ["resnet18", "--batch", "1"], ["deepfool"] = ["run"],
    };

    /// <summary>All of them: a project and its arguments.</summary>
    public static IEnumerable<(string Where, string Project, string[] Arguments)> Of(Page page)
    {
        for (var i = 0; i < page.Lines.Length; i++)
        {
            foreach (Match command in Run().Matches(page.Lines[i]))
            {
                var text = command.Groups[2].Value;
                // Within a sentence it ends where the code ends.
                if (page.Lines[i][..command.Index].Count(c => c == '`') % 2 == 1) text = text.Split('`')[0];
                yield return ($"{page.Name}, line {i + 1}: {text}", command.Groups[1].Value, Words(text));
            }
        }
        foreach (var (number, line) in page.Prose)
            foreach (Match code in Code().Matches(line))
                if (Words(code.Groups[1].Value) is [var first, .., _] words && words.Any(word => word.StartsWith("--", StringComparison.Ordinal)) && ProjectOf(first) is { } project)
                    yield return ($"{page.Name}, line {number}: {code.Groups[1].Value}", project, Completed(words));
    }

    // A sentence may name a verb and an option alone.
    private static string[] Completed(string[] words) => words[1].StartsWith("--", StringComparison.Ordinal) && words[1] != "--help" && Examples.TryGetValue(words[0], out var example)
        ? [words[0], .. example, .. words[1..]]
        : words;

    /// <summary>Has the program itself read a command. What it names must be known, too.</summary>
    /// <exception cref="Exception">It is refused.</exception>
    public static void Check(string project, string[] arguments)
    {
        if (project == "Benchmarks")
        {
            if (arguments[0] is ['-', ..] and not "--help") RowFilter.Choose(BenchmarkRow.All(), OperationsArguments.Parse(arguments).Filters);
            else Verbs.Parse(arguments);
            return;
        }
        var parsed = LpcEngine.Experiments.Commands.CommandLine.Parse(arguments);
        if (parsed.CommandResult.Command.Name != "train" || arguments.Any(argument => argument.StartsWith('X') || argument == "--help")) return;
        var dataSet = parsed.GetRequiredValue<string>(LpcEngine.Experiments.Commands.TrainVerb.DataSetName);
        if (!DataSets.IsKnown(dataSet)) throw new UserErrorException($"There is no data set {dataSet}.");
        Variants.Named(parsed.GetRequiredValue<string>(LpcEngine.Experiments.Commands.TrainVerb.VariantName));
    }

    /// <summary>Whose verb, or data set, a word is; null for none.</summary>
    private static string? ProjectOf(string word) => word switch
    {
        "train" or "sweep" or "evaluate" or "predict" or "metrics" or "report" or "export" or "data" or "devices" or "demo" or "completion" => "Experiments",
        "throughput" or "convolutions" or "ceilings" or "deepfool" or "gpu-acceptance" => "Benchmarks",
        _ => DataSets.IsKnown(word) ? "Experiments" : null,
    };

    /// <summary>The words of a shell's line, up to a comment, a pipe or the next command. Placeholders become X; "[options]" and "…" go.</summary>
    private static string[] Words(string line)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var quote = '\0';
        foreach (var c in Placeholder().Replace(line, "X").Replace("[options]", "").Replace("…", "") + " ")
        {
            if (quote == '\0' && c is '#' or '|' or '>' or ';' or '&' && word.Length == 0) break;
            if (c == quote) quote = '\0';
            else if (quote == '\0' && c is '\'' or '"') quote = c;
            else if (quote != '\0' || c != ' ') word.Append(c);
            else if (word.Length > 0)
            {
                words.Add(word.ToString());
                word.Clear();
            }
        }
        return [.. words];
    }

    [GeneratedRegex(@"dotnet run(?: -c Release)? --project (Experiments|Benchmarks) -- (.*)")]
    private static partial Regex Run();

    [GeneratedRegex("(?<!`)`([^`]+)`(?!`)")]
    private static partial Regex Code();

    [GeneratedRegex("<[^<>]+>")]
    private static partial Regex Placeholder();
}
