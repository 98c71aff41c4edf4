using System.CommandLine;
using System.Text;
using LpcEngine.Engine;
using LpcEngine.Experiments.Completion;

namespace LpcEngine.Experiments.Commands;

/// <summary><c>complete</c>: what the scripts of <c>completion</c> ask. Not in any help text.</summary>
/// <remarks>
/// The answer is lines: which paths may come (none, folders or files); what stands before a candidate or a path; what there is of a path; then the
/// candidates, each with a tab and its description. Nothing at all where the line is none that can be completed. Opens no device and reads no file.
/// </remarks>
internal static class CompleteVerb
{
    /// <summary>Its name.</summary>
    public const string Name = "complete";

    public static Command Create()
    {
        var shell = new Argument<string>("shell");
        var words = new Argument<string[]>("words") { Description = "bash: the line up to the cursor; others: the words, the last one as it stands in the line", Arity = ArgumentArity.ZeroOrMore };
        var breaks = new Option<string>("--breaks") { Description = "bash's COMP_WORDBREAKS" };
        var command = new Command(Name, "Answers what may come next on a command line.") { shell, words, breaks };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            var line = Line(parsed.GetRequiredValue(shell), parsed.GetValue(words) ?? [], parsed.GetValue(breaks) ?? "");
            if (line.Word.Any(char.IsControl)) return ExitCodes.Done;
            Console.Out.Write(Text(Completer.Complete((RootCommand)parsed.RootCommandResult.Command, line.Before, line.Word), line));
            return ExitCodes.Done;
        });
        return command;
    }

    private static ShellLine Line(string shell, string[] words, string breaks) => (shell, words) switch
    {
        ("bash", [var line]) => ShellLine.Split(line, breaks),
        ("zsh" or "fish", [.. var before, var last]) => new ShellLine(before, ShellLine.Unquote(last), 0),
        _ => throw new UserErrorException($"{Name} is for the scripts that 'completion' prints."),
    };

    private static string Text(Answer answer, ShellLine line)
    {
        // What the shell has set aside is no part of the answer, even where that's within what a candidate would replace.
        var lead = line.Word[Math.Min(answer.Settled, line.Aside)..answer.Settled];
        var cut = Math.Max(0, line.Aside - answer.Settled);
        var text = new StringBuilder();
        text.Append(answer.Paths.ToString().ToLowerInvariant()).Append('\n').Append(lead).Append('\n').Append(line.Word[Math.Max(answer.Settled, line.Aside)..]).Append('\n');
        foreach (var candidate in answer.Candidates) text.Append(candidate.Text[cut..]).Append('\t').Append(PlainText.Of(candidate.Description)).Append('\n');
        return text.ToString();
    }
}
