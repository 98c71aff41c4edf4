using System.CommandLine;
using LpcEngine.Engine;
using LpcEngine.Experiments.Screen;

namespace LpcEngine.Experiments.Commands;

/// <summary>The verbs, and how their errors reach the user.</summary>
internal static class CommandLine
{
    /// <summary>The verb of a command line that begins with none.</summary>
    public const string DefaultVerb = "train";

    /// <summary>Parses and runs a command line.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="UserErrorException">The command line, or something that it names, is wrong.</exception>
    public static int Run(string[] arguments)
    {
        GuardedWriter.Install();
        var parsed = Parse(arguments);
        Terminal.Mode = ScreenArguments.Of(parsed);
        return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
    }

    /// <summary>What a command line asks for, without doing it.</summary>
    /// <returns>A result without errors.</returns>
    /// <exception cref="UserErrorException">A verb, an option or a value is wrong.</exception>
    public static ParseResult Parse(string[] arguments)
    {
        var root = Root();
        var words = WithVerb(root, arguments);
        var parsed = root.Parse(words);
        return Mistake.Find(root, parsed, hasVerb: words.Length == arguments.Length) is { } mistake ? throw new UserErrorException(mistake) : parsed;
    }

    /// <summary>All verbs.</summary>
    /// <remarks>The root has no arguments of its own: they would be part of every verb's usage, and be taken before a verb in silence.</remarks>
    public static RootCommand Root()
    {
        var root = new RootCommand("Trains the classifiers of the paper \"Latent Point Collapse\" (arXiv:2310.08224) and measures their latent spaces. "
            + $"Without a command: {DefaultVerb}, for example 'synthetic10 lpc-narrow --preset quick'; '{DefaultVerb} --help' lists its options.");
        var train = new Command(DefaultVerb, "Trains a classifier, measures it, writes a run folder; the default.");
        TrainVerb.Fill(train);
        root.Add(train);
        root.Add(SweepVerb.Create());
        root.Add(EvaluateVerb.Create());
        root.Add(PredictVerb.Create());
        root.Add(MetricsVerb.Create());
        root.Add(ReportVerb.Create());
        root.Add(ExportVerb.Create());
        root.Add(DataVerb.Create());
        root.Add(DevicesVerb.Create());
        root.Add(DemoVerb.Create());
        root.Add(CompletionVerb.Create());
        root.Add(CompleteVerb.Create());
        return root;
    }

    /// <summary>A command line with its verb.</summary>
    public static string[] WithVerb(RootCommand root, string[] arguments)
    {
        if (arguments.Length == 0) return ["--help"];
        var isVerb = root.Subcommands.Any(verb => verb.Name == arguments[0]);
        var isOfRoot = arguments[0] is "--help" or "-h" or "-?" or "/?" or "/h" or "--version";
        return isVerb || isOfRoot ? arguments : [DefaultVerb, .. arguments];
    }
}
