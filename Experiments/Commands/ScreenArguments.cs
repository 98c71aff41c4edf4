using System.CommandLine;
using LpcEngine.Engine;
using LpcEngine.Experiments.Screen;

namespace LpcEngine.Experiments.Commands;

/// <summary>How much a command shows: <c>--plain</c> and <c>--quiet</c>.</summary>
internal sealed class ScreenArguments
{
    private const string Plain = "--plain", Quiet = "--quiet";

    /// <summary>Both, for a command that takes them.</summary>
    public IReadOnlyList<Option> All { get; } =
    [
        SharedOptions.Flag(Plain, "plain lines on a terminal as well: no colours, no curves, nothing that renews itself"),
        SharedOptions.Flag(Quiet, "show problems, questions and what --json asks for, nothing else; log.txt in the run folder has the rest"),
    ];

    /// <summary>What a command line says, of whatever command.</summary>
    /// <exception cref="UserErrorException">It says both.</exception>
    public static ScreenMode Of(ParseResult parsed) => (Says(parsed, Plain), Says(parsed, Quiet)) switch
    {
        (true, true) => throw new UserErrorException("--plain shows everything in plain lines, --quiet shows next to nothing. Give one of them."),
        (true, _) => ScreenMode.Plain,
        (_, true) => ScreenMode.Quiet,
        _ => ScreenMode.Auto,
    };

    private static bool Says(ParseResult parsed, string flag) =>
        parsed.CommandResult.Command.Options.FirstOrDefault(option => option.Name == flag) is Option<bool> taken && parsed.GetValue(taken);
}
