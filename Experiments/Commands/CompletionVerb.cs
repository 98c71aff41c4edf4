using System.CommandLine;
using LpcEngine.Experiments.Completion;

namespace LpcEngine.Experiments.Commands;

/// <summary><c>completion</c>: the script with which a shell completes this command line when Tab is pressed.</summary>
internal static class CompletionVerb
{
    // What the published file is called.
    private static readonly string Published = typeof(CompletionVerb).Assembly.GetName().Name!;

    public static Command Create()
    {
        var shell = new Argument<string>("shell") { Description = string.Join(", ", CompletionScript.Shells), CompletionSources = { Offers.Words(CompletionScript.Shells) } };
        var name = SharedOptions.Text("--name", $"what you type to run the program: its file, a function or an alias (default {Published})");
        var command = new Command("completion", "Prints a script with which a shell completes commands, data sets, variants and options when Tab is pressed; its first lines say how to install it.") { shell, name };
        command.SetAction(parsed =>
        {
            Console.Out.Write(CompletionScript.Text(parsed.GetRequiredValue(shell), parsed.GetValue(name) ?? Published));
            return ExitCodes.Done;
        });
        return command;
    }
}
