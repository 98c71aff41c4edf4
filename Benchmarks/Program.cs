using LpcEngine.Benchmarks.Commands;
using LpcEngine.Engine;
using LpcEngine.Kernels;

namespace LpcEngine.Benchmarks;

/// <summary>The benchmarks' command line: operations through BenchmarkDotNet, <c>ceilings</c>, <c>throughput</c>, <c>convolutions</c>, <c>deepfool</c>, <c>gpu-acceptance</c>.</summary>
public static class Program
{
    private const int Defect = 1, UserError = 2;

    /// <summary>Runs one command.</summary>
    /// <param name="arguments">The command line.</param>
    /// <returns>0 done, 1 a defect of the program, 2 the user's input.</returns>
    public static int Main(string[] arguments)
    {
        try
        {
            CpuSettings.Check();
            return Verbs.Run(arguments);
        }
        catch (Exception problem) when (problem is UserErrorException or ShapeException)
        {
            Console.Error.WriteLine(problem.Message.ReplaceLineEndings(" "));
            return UserError;
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
            return Defect;
        }
    }
}
