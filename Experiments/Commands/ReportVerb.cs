using System.CommandLine;
using LpcEngine.Experiments.Completion;
using LpcEngine.Experiments.Sweeps;
using LpcEngine.Experiments.Training;

namespace LpcEngine.Experiments.Commands;

/// <summary><c>report</c>: the paper's tables and figures from whatever runs are there.</summary>
internal static class ReportVerb
{
    public static Command Create()
    {
        var folder = new Argument<string>("folder") { Description = "a folder with run folders in it or beneath it, such as runs", CompletionSources = { Offers.Folders } };
        var files = new Option<string[]>("--out")
        {
            Description = "what to write, by the ending: .html (tables and figures in one page), .md, .csv or .tex (tables); may be given several times (default report.html)",
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = false,
            CompletionSources = { Offers.Files },
        };
        var select = SharedOptions.Text("--select", "by which accuracy a variant's rate is chosen for each seed: test (as in the paper, the default) or validation", Offers.Words(OptionWords.Selections));
        var command = new Command("report", "Writes the paper's tables and figures from finished runs.") { folder, files, select };
        command.SetAction(parsed => ReportCommand.Execute(parsed.GetRequiredValue(folder), parsed.GetValue(files) is { Length: > 0 } named ? named : ["report.html"], Selections.Parse(parsed.GetValue(select))));
        return command;
    }
}
