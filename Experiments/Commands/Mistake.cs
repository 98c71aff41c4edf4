using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Parsing;
using LpcEngine.Engine;
using LpcEngine.Experiments.Completion;
using LpcEngine.Experiments.Data;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Commands;

/// <summary>Says what is wrong with a command line that cannot be read: one line, in this program's words, with what would be right.</summary>
internal static class Mistake
{
    // What other programs call an option that is here under another name.
    private static readonly Dictionary<string, string> Elsewhere = new()
    {
        ["--learning-rate"] = "--lr", ["--learning_rate"] = "--lr", ["--base-lr"] = "--lr", ["--batch-size"] = "--batch", ["--batch_size"] = "--batch", ["--wd"] = "--weight-decay",
        ["--model"] = "--backbone", ["--arch"] = "--backbone", ["--output"] = "--out", ["--output-dir"] = "--out", ["--output_dir"] = "--out", ["--outdir"] = "--out",
        ["--workers"] = "--threads", ["--num-workers"] = "--threads", ["--cores"] = "--threads", ["--gpu"] = "--device", ["--cuda"] = "--device", ["--data"] = "--data-dir",
        ["--pretrained"] = "--init", ["--weights"] = "--init", ["--amp"] = "--precision", ["--fp16"] = "--precision", ["--bf16"] = "--precision", ["--dtype"] = "--precision",
    };

    // What goes without saying here.
    private static readonly string[] Resuming = ["--resume", "--continue", "--restart", "--checkpoint"];

    /// <summary>The first mistake of a command line; the others often follow from it.</summary>
    /// <param name="root">The commands.</param>
    /// <param name="parsed">What was read of it.</param>
    /// <param name="hasVerb">Whether it began with a command; without one it means training.</param>
    /// <returns>One line; null where it can be read.</returns>
    public static string? Find(RootCommand root, ParseResult parsed, bool hasVerb) =>
        Swallowed(parsed) ?? InAnArgument(root, parsed) ?? (hasVerb ? null : NoDataSet(root, parsed))
        ?? (parsed.Errors.Count == 0 ? null : Unmatched(root, parsed) ?? Missing(parsed) ?? OfOption(parsed.Errors[0]) ?? Sentence(parsed.Errors[0].Message));

    // An option that was meant as such, where the one before it has no value.
    private static string? Swallowed(ParseResult parsed)
    {
        var names = Completer.Known(parsed.CommandResult.Command).Select(option => option.Name).ToHashSet();
        return parsed.CommandResult.Children.OfType<OptionResult>()
            .SelectMany(result => result.Tokens.Where(token => names.Contains(token.Value)).Select(token => $"{result.Option.Name} needs a value, but {token.Value} follows it."))
            .FirstOrDefault();
    }

    // The parser takes an option that it doesn't know for one of the words that a command needs. A file of such a name can be given as ./--name.
    private static string? InAnArgument(RootCommand root, ParseResult parsed) => parsed.Tokens.Any(token => token.Type == TokenType.DoubleDash) ? null
        : parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(result => result.Tokens).FirstOrDefault(token => LooksLikeOption(token.Value)) is { } token
            ? UnknownOption(root, parsed.CommandResult.Command, token.Value.Split('=', ':')[0]) : null;

    private static bool LooksLikeOption(string word) => word.Length > 2 && word.StartsWith("--", StringComparison.Ordinal);

    // A mistyped command looks like a data set; what else is wrong with the line would lead nowhere.
    private static string? NoDataSet(RootCommand root, ParseResult parsed)
    {
        if (parsed.GetResult(TrainVerb.DataSetName) is not { Tokens: [{ Value: var word }] } || DataSets.IsKnown(word)) return null;
        string[] verbs = [.. root.Subcommands.Where(verb => !verb.Hidden).Select(verb => verb.Name)];
        if (verbs.Contains(word)) return $"The command '{word}' must be the first word.";
        // As a data set it is refused where data sets are loaded.
        if (parsed.Errors.Count == 0 && NearMiss.Of(word, verbs).Count == 0) return null;
        return $"'{word}' is neither a command ({string.Join(", ", verbs)}) nor a data set ({DataCatalogue.Names}).{NearMiss.Question(word, [.. verbs, .. DataCatalogue.All.Select(info => info.Name)])}";
    }

    private static string? Unmatched(RootCommand root, ParseResult parsed)
    {
        if (parsed.UnmatchedTokens is not [var word, ..]) return null;
        var command = parsed.CommandResult.Command;
        if (LooksLikeOption(word)) return UnknownOption(root, command, word.Split('=', ':')[0]);
        if (command.Subcommands.Count > 0)
        {
            var known = command.Subcommands.Select(verb => verb.Name).ToArray();
            return $"'{word}' is nothing that '{command.Name}' can do; known are {string.Join(", ", known)}.{NearMiss.Question(word, known)}";
        }
        var takes = command.Arguments.Count == 0 ? "nothing but options" : $"{string.Join(" ", command.Arguments.Select(argument => $"<{argument.Name}>"))} and options";
        return $"'{word}' is one word too many: '{FullName(command)}' takes {takes}.";
    }

    private static string UnknownOption(RootCommand root, Command command, string name)
    {
        var names = Completer.Known(command).Select(option => option.Name).ToArray();
        var where = FullName(command);
        if (Resuming.Contains(name) && command.Name is CommandLine.DefaultVerb or "sweep") return $"There is no option {name}: the same command again goes on where it stopped.";
        if (Elsewhere.TryGetValue(name, out var here) && names.Contains(here)) return $"Unknown option '{name}'; here it is called {here}.";
        string[] others = [.. root.Subcommands.Where(verb => !verb.Hidden && verb.Options.Any(option => option.Name == name)).Select(verb => $"'{verb.Name}'")];
        var question = NearMiss.Question(name, names);
        return others.Length > 0
            ? $"{name} is an option of {string.Join(" and ", others)}, not of '{where}'.{question}"
            : $"Unknown option '{name}'.{question} '{where} --help' lists the options.";
    }

    // Words that a command can't do without.
    private static string? Missing(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var variants = string.Join(", ", Variants.All.Select(variant => variant.Name));
        if (command.Name == CommandLine.DefaultVerb && parsed.GetResult(TrainVerb.DataSetName) is { Tokens: [var dataSet] } && parsed.GetResult(TrainVerb.VariantName) is not { Tokens.Count: > 0 })
            return $"Which variant on {dataSet.Value}? Known are {variants}; for example: {dataSet.Value} lpc-narrow.";
        if (command.Action is null && command.Subcommands.Count > 0) return $"'{command.Name}' needs one of {string.Join(", ", command.Subcommands.Select(verb => verb.Name))}.";
        var missing = command.Arguments.FirstOrDefault(argument => (parsed.GetResult(argument)?.Tokens.Count ?? 0) < argument.Arity.MinimumNumberOfValues);
        return missing is null ? null : $"'{FullName(command)}' needs <{missing.Name}>{(missing.Description is { } what ? $": {what}" : "")}.";
    }

    private static string? OfOption(ParseError error)
    {
        if (error.SymbolResult is not OptionResult { Option: var option } result) return null;
        if (result.Tokens.Count < option.Arity.MinimumNumberOfValues) return $"{option.Name} needs a value{Values(option)}.";
        return result.IdentifierTokenCount > 1 && option.Arity.MaximumNumberOfValues == 1 ? $"{option.Name} is there {result.IdentifierTokenCount} times; give it once." : null;
    }

    private static string Values(Option option)
    {
        var words = option.CompletionSources.SelectMany(source => source(CompletionContext.Empty)).Select(item => item.Label).Where(word => word.Length > 0).ToArray();
        return words.Length == 0 ? "" : $", such as {words[0]}";
    }

    private static string FullName(Command command) => command.Parents.OfType<Command>().FirstOrDefault(parent => parent is not RootCommand) is { } parent ? $"{parent.Name} {command.Name}" : command.Name;

    private static string Sentence(string text) => text.ReplaceLineEndings(" ").TrimEnd('.') + ".";
}
