using System.CommandLine;
using LpcEngine.Engine;
using LpcEngine.Experiments.Sweeps;

namespace LpcEngine.Experiments.Commands;

/// <summary><c>report</c>: the paper's tables and figures from whatever runs are there.</summary>
internal static class ReportVerb
{
    public static Command Create()
    {
        var folder = new Argument<string>("folder") { Description = "a folder with run folders in it or beneath it, such as runs" };
        var files = new Option<string[]>("--out")
        {
            Description = "what to write, by the ending: .html (tables and figures in one page), .md, .csv or .tex (tables); may be given several times (default report.html)",
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = false,
        };
        var select = SharedOptions.Text("--select", "by which accuracy a variant's rate is chosen for each seed: test (as in the paper, the default) or validation");
        var command = new Command("report", "Writes the paper's tables and figures from finished runs.") { folder, files, select };
        command.SetAction(parsed => ReportCommand.Execute(parsed.GetRequiredValue(folder), parsed.GetValue(files) is { Length: > 0 } named ? named : ["report.html"], Choice(parsed.GetValue(select))));
        return command;
    }

    private static Selection Choice(string? text) => text switch
    {
        null or "test" => Selection.Test,
        "validation" => Selection.Validation,
        _ => throw new UserErrorException($"--select {text}: must be test or validation."),
    };
}
