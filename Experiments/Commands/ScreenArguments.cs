using System.CommandLine;
using LpcEngine.Engine;
using LpcEngine.Experiments.Screen;

namespace LpcEngine.Experiments.Commands;

/// <summary>How much a command shows: <c>--plain</c> and <c>--quiet</c>.</summary>
internal sealed class ScreenArguments
{
    private readonly Option<bool> plain = SharedOptions.Flag("--plain", "plain lines on a terminal as well: no colours, no curves, nothing that renews itself");
    private readonly Option<bool> quiet = SharedOptions.Flag("--quiet", "show problems, questions and what --json asks for, nothing else; log.txt in the run folder has the rest");

    /// <summary>Both.</summary>
    public IReadOnlyList<Option> All => [plain, quiet];

    /// <summary>What a command line says.</summary>
    /// <exception cref="UserErrorException">It says both.</exception>
    public ScreenMode Read(ParseResult parsed) => Terminal.Mode = (parsed.GetValue(plain), parsed.GetValue(quiet)) switch
    {
        (true, true) => throw new UserErrorException("--plain shows everything in plain lines, --quiet shows next to nothing. Give one of them."),
        (true, _) => ScreenMode.Plain,
        (_, true) => ScreenMode.Quiet,
        _ => ScreenMode.Auto,
    };
}
