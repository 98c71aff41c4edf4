using LpcEngine.Experiments.Data;
using Spectre.Console;

namespace LpcEngine.Experiments.Screen;

/// <summary>Questions and progress, where somebody looks on.</summary>
internal static class Terminal
{
    /// <summary>Asks a question; null where nobody can answer.</summary>
    public static Func<string, bool>? Confirm { get; } =
        Console.IsInputRedirected || Console.IsOutputRedirected ? null : question => AnsiConsole.Confirm(question);

    /// <summary>Shows how far a fetch is: a line that renews itself on a terminal, one line each ten percent elsewhere.</summary>
    public static IProgress<DataProgress> FetchProgress()
    {
        var last = (File: "", Tenth: -1L);
        return new Immediate(progress =>
        {
            var tenth = progress.Total > 0 ? 10 * progress.Done / progress.Total : progress.Done >> 24;
            if (!Console.IsErrorRedirected)
                Console.Error.Write($"\r\u001b[K{progress.File}: {progress.Done >> 20} of {progress.Total >> 20} MiB{(progress.Done == progress.Total ? "\n" : "")}");
            else if (last != (progress.File, tenth))
                Console.Error.WriteLine($"{progress.File}: {progress.Done >> 20} of {progress.Total >> 20} MiB");
            last = (progress.File, tenth);
        });
    }

    // Progress<T> would report from other threads, later than the work.
    private sealed class Immediate(Action<DataProgress> report) : IProgress<DataProgress>
    {
        public void Report(DataProgress value) => report(value);
    }
}
