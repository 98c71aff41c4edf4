using System.CommandLine;
using LpcEngine.Engine;

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
        // One line, the first mistake alone: the others often follow from it.
        if (parsed.Errors.Count > 0)
            throw new UserErrorException($"{parsed.Errors[0].Message.ReplaceLineEndings(" ").TrimEnd('.')}. --help lists what is known.");
        return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
    }
}
