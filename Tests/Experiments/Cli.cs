using LpcEngine.Experiments;
using Spectre.Console;

namespace LpcEngine.Tests.Experiments;

/// <summary>Runs the command line within the test process and catches what it says.</summary>
internal static class Cli
{
    /// <summary>Exit code, standard output and standard error of one command.</summary>
    public static (int Code, string Out, string Error) Run(params string[] arguments)
    {
        var (oldOut, oldError, oldConsole) = (Console.Out, Console.Error, AnsiConsole.Console);
        using var output = new StringWriter();
        using var error = new StringWriter();
        try
        {
            Console.SetOut(output);
            Console.SetError(error);
            AnsiConsole.Console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(output) });
            return (Program.Main(arguments), output.ToString(), error.ToString());
        }
        finally
        {
            Console.SetOut(oldOut);
            Console.SetError(oldError);
            AnsiConsole.Console = oldConsole;
        }
    }

    /// <summary>Runs a command that must succeed.</summary>
    public static string Succeed(params string[] arguments)
    {
        var (code, output, error) = Run(arguments);
        Assert.That(code, Is.Zero, $"{string.Join(' ', arguments)}\n{output}\n{error}");
        return output;
    }

    /// <summary>Runs a command that must be refused as the user's mistake: exit code 2 and one line on standard error.</summary>
    public static string Refuse(params string[] arguments)
    {
        var (code, output, error) = Run(arguments);
        Assert.That(code, Is.EqualTo(2), $"{string.Join(' ', arguments)}\n{output}\n{error}");
        var lines = error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(lines, Has.Length.EqualTo(1), error);
        return lines[0];
    }
}
