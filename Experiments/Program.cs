using LpcEngine.Engine;
using LpcEngine.Experiments.Commands;

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
            return CommandLine.Run(arguments);
        }
        catch (UserErrorException problem)
        {
            Console.Error.WriteLine(problem.Message.ReplaceLineEndings(" "));
            return ExitCodes.UserError;
        }
        catch (Exception defect)
        {
            var log = Path.Combine(Path.GetTempPath(), "lpc-error.log");
            try
            {
                File.AppendAllText(log, $"{DateTime.Now:O} {string.Join(' ', arguments)}\n{defect}\n\n");
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
            {
                log = $"nowhere ({problem.Message})";
            }
            Console.Error.WriteLine($"A defect of the program: {defect.Message.ReplaceLineEndings(" ")} ({defect.GetType().Name}). The stack trace is in {log}.");
            return ExitCodes.Defect;
        }
    }
}
