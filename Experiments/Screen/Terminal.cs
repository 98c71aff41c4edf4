using LpcEngine.Experiments.Data;
using Spectre.Console;

namespace LpcEngine.Experiments.Screen;

/// <summary>Questions and progress, where somebody looks on.</summary>
internal static class Terminal
{
    /// <summary>How much the running command shows: the one place that knows, for what a command does, its problems and its questions.</summary>
    public static ScreenMode Mode { get; set; }

    /// <summary>Where a command shows what it does.</summary>
    /// <param name="isAnswer">Whether it is what was asked for, and not what is done on the way: that is shown where it is to be quiet, too.</param>
    public static IAnsiConsole Open(bool isAnswer = false) => Mode switch
    {
        ScreenMode.Quiet => Plain(isAnswer ? Console.Out : TextWriter.Null),
        ScreenMode.Plain => Plain(Console.Out),
        _ => AnsiConsole.Console,
    };

    private static IAnsiConsole Plain(TextWriter writer) =>
        AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer), Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors });

    /// <summary>Says on standard error what went wrong: one line, on a terminal with colours in the tone of problems.</summary>
    public static void Problem(string line)
    {
        var console = Mode == ScreenMode.Plain ? Plain(Console.Error) : AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        new LiveLines(console).Write(new StyledLine((line, Tone.Problem)));
    }

    /// <summary>Asks whether to do what was asked for, yes if nothing is typed; null where nobody can answer.</summary>
    public static Func<string, bool>? Confirm { get; } = Answers ? question => Ask(question, otherwise: true) : null;

    /// <summary>Asks whether to begin something long, no if nothing is typed; null where nobody can answer.</summary>
    public static Func<string, bool>? ConfirmLong { get; } = Answers ? question => Ask(question, otherwise: false) : null;

    private static bool Answers => !Console.IsInputRedirected && !Console.IsOutputRedirected;

    private static bool Ask(string question, bool otherwise)
    {
        var console = Mode == ScreenMode.Plain ? Plain(Console.Out) : AnsiConsole.Console;
        var accent = Palette.Of(Tone.Accent, console.Profile.Capabilities.ColorSystem);
        return console.Prompt(new ConfirmationPrompt(Markup.Escape(question)) { DefaultValue = otherwise, ChoicesStyle = accent, DefaultValueStyle = accent });
    }

    /// <summary>Shows how far a fetch is: a line that renews itself on a terminal, one line each ten percent elsewhere, nothing where it is to be quiet.</summary>
    public static IProgress<DataProgress> FetchProgress()
    {
        if (Mode == ScreenMode.Quiet) return new Immediate(_ => { });
        var last = (File: "", Tenth: -1L);
        return new Immediate(progress =>
        {
            var tenth = progress.Total > 0 ? 10 * progress.Done / progress.Total : progress.Done >> 24;
            if (Mode == ScreenMode.Auto && !Console.IsErrorRedirected)
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
