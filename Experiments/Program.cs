using LpcEngine.Engine;
using LpcEngine.Experiments.Commands;
using LpcEngine.Experiments.Runs;
using LpcEngine.Experiments.Screen;
using LpcEngine.Kernels;

namespace LpcEngine.Experiments;

/// <summary>The command line: see <c>--help</c>.</summary>
public static class Program
{
    /// <summary>Runs one command.</summary>
    /// <param name="arguments">The command line.</param>
    /// <returns>0 done, 1 a defect of the program, 2 the user's input, 3 training diverged, 130 interrupted.</returns>
    public static int Main(string[] arguments)
    {
        try
        {
            ParentProcess.Watch();
            CpuSettings.Check();
            return CommandLine.Run(arguments);
        }
        catch (UserErrorException problem)
        {
            Terminal.Problem(problem.Message.ReplaceLineEndings(" "));
            return problem is FolderInUseException && ParentProcess.IsSweep ? ExitCodes.FolderInUse : ExitCodes.UserError;
        }
        catch (Exception problem) when (AbsurdSize(problem) is { } line)
        {
            Terminal.Problem($"{line.ReplaceLineEndings(" ")} Details are in {Log(arguments, problem)}.");
            return ExitCodes.UserError;
        }
        catch (Exception defect)
        {
            Terminal.Problem(
                $"A defect of the program: {defect.Message.ReplaceLineEndings(" ")} ({defect.GetType().Name}). The stack trace is in {Log(arguments, defect)}.");
            return ExitCodes.Defect;
        }
    }

    // What a size from the command line or a file runs into that no earlier check has refused.
    private static string? AbsurdSize(Exception problem) => problem switch
    {
        ShapeException => problem.Message,
        OutOfMemoryException => "The machine has too little memory for what was asked. Use a smaller --batch, --width, --penultimate or --train-size.",
        OverflowException => "A size is beyond what can be counted. Use a smaller --batch, --width, --penultimate or --train-size.",
        _ => null,
    };

    private static string Log(string[] arguments, Exception problem)
    {
        var log = Path.Combine(Path.GetTempPath(), "lpc-error.log");
        try
        {
            File.AppendAllText(log, $"{DateTime.Now:O} {string.Join(' ', arguments)}\n{problem}\n\n");
            return log;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return $"no file ({failure.Message.ReplaceLineEndings(" ")})";
        }
    }
}
