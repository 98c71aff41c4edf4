using System.CommandLine;
using LpcEngine.Engine;
using LpcEngine.Experiments.Data;

namespace LpcEngine.Experiments.Commands;

/// <summary>The verbs, and how their errors reach the user.</summary>
internal static class CommandLine
{
    /// <summary>Parses and runs a command line.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="UserErrorException">The command line, or something that it names, is wrong.</exception>
    public static int Run(string[] arguments)
    {
        var root = new RootCommand("Trains the classifiers of the paper \"Latent Point Collapse\" (arXiv:2310.08224) and measures their latent spaces.");
        TrainVerb.Fill(root);
        var train = new Command("train", "The default verb's long name.");
        TrainVerb.Fill(train);
        root.Add(train);
        root.Add(PredictVerb.Create());
        root.Add(DataVerb.Create());
        root.Add(DevicesVerb.Create());

        var parsed = root.Parse(arguments);
        if (arguments.Length == 0)
        {
            root.Parse(["--help"]).Invoke();
            throw new UserErrorException("Say what to train, for example: synthetic10 lpc-narrow --preset quick.");
        }
        // A mistyped verb looks like a data set without a variant; "variant missing" would lead nowhere.
        if (arguments is [var only] && !only.StartsWith('-') && parsed.Errors.Count > 0 && parsed.CommandResult.Command == root && !DataSets.IsKnown(only))
            throw DataCatalogue.Unknown(only);
        // One line, the first mistake alone: the others often follow from it.
        if (parsed.Errors.Count > 0)
            throw new UserErrorException($"{Plain(parsed.Errors[0].Message)}. --help lists what is known.");
        return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
    }

    // The library names .NET types; a user thinks of numbers.
    private static string Plain(string message) => message.ReplaceLineEndings(" ").TrimEnd('.')
        .Replace("as expected type 'System.Nullable`1[System.Int32]'", "as a whole number", StringComparison.Ordinal)
        .Replace("as expected type 'System.Nullable`1[System.Int64]'", "as a whole number", StringComparison.Ordinal)
        .Replace("as expected type 'System.Nullable`1[System.Double]'", "as a number", StringComparison.Ordinal);
}
