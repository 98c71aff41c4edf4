using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Parsing;
using LpcEngine.Experiments.Commands;

namespace LpcEngine.Experiments.Completion;

/// <summary>Tells what the word at the cursor may become, from the same commands, options and arguments that the command line is read with.</summary>
/// <remarks>
/// The words before the cursor are parsed as they'd be for real; what is asked is what the parser would take next. ParseResult.GetCompletions knows less:
/// it offers the values of all arguments at once, and after a flag, --json, it offers nothing but "true" and "false" to the end of the line.
/// </remarks>
internal static class Completer
{
    /// <summary>What the word may become.</summary>
    /// <param name="root">The command line.</param>
    /// <param name="before">The words before the one at the cursor, without the program's name.</param>
    /// <param name="word">The word at the cursor, up to the cursor; may be empty.</param>
    public static Answer Complete(RootCommand root, IReadOnlyList<string> before, string word)
    {
        // A word that begins with @ is not read as a file of arguments: nothing is opened because somebody pressed Tab.
        var withVerb = before.Count == 0 ? [CommandLine.DefaultVerb] : CommandLine.WithVerb(root, [.. before]);
        var parsed = root.Parse(withVerb, new ParserConfiguration { ResponseFileTokenReplacer = null });
        var command = parsed.CommandResult.Command;
        if (!parsed.Tokens.Any(token => token.Type == TokenType.DoubleDash))
        {
            if (AwaitsValue(parsed) is { } option) return Values(Offered(parsed, option.CompletionSources), "", word);
            if (word.StartsWith('-')) return OfDash(parsed, before.Count == 0 ? [.. Visible(root.Options), .. Visible(command.Options)] : Known(command), word);
        }
        var verbs = before.Count == 0 ? root.Subcommands : command.Subcommands;
        var items = Visible(verbs).Select(verb => new CompletionItem(verb.Name, documentation: verb.Description)).Concat(Offered(parsed, Argument(parsed)?.CompletionSources ?? []));
        var answer = Values(items, "", word);
        // Where no word is wanted any more, an option may come.
        return word.Length == 0 && answer is { Candidates.Count: 0, Paths: PathKind.None } ? Names(parsed, Known(command), word) : answer;
    }

    // The option that the last word before the cursor is, if it takes a value. What a flag is followed by has nothing to do with it.
    private static Option? AwaitsValue(ParseResult parsed) => parsed.Tokens is [.., { Type: TokenType.Option } last]
        ? Results(parsed).FirstOrDefault(result => result.IdentifierToken?.Value == last.Value && TakesValue(result.Option))?.Option
        : null;

    // The first argument that has not had all its words.
    private static Argument? Argument(ParseResult parsed) => parsed.CommandResult.Command.Arguments
        .FirstOrDefault(argument => (parsed.GetResult(argument)?.Tokens.Count ?? 0) < argument.Arity.MaximumNumberOfValues);

    private static Answer OfDash(ParseResult parsed, IReadOnlyList<Option> known, string word)
    {
        // The parser takes a colon for an equals sign.
        var end = word.IndexOfAny(['=', ':']);
        if (end < 0) return Names(parsed, known, word);
        var option = known.FirstOrDefault(option => option.Name == word[..end] && TakesValue(option));
        return option is null ? Answer.Nothing : Values(Offered(parsed, option.CompletionSources), word[..(end + 1)], word[(end + 1)..]);
    }

    // One that was given already comes again only if it takes several values.
    private static Answer Names(ParseResult parsed, IReadOnlyList<Option> known, string word) => new(0,
    [
        .. known.Where(option => option.Name.StartsWith(word, StringComparison.Ordinal) && (option.Arity.MaximumNumberOfValues > 1 || !IsGiven(parsed, option)))
            .Select(option => new Candidate(option.Name, option.Description ?? "")),
    ]);

    private static Answer Values(IEnumerable<CompletionItem> offered, string settled, string word)
    {
        var items = offered.ToArray();
        // Of 'folder:' and of a path of any kind, both of which the word may begin, the longer one is meant.
        var path = items.Where(item => item.Kind is Offers.Folder or Offers.File && word.StartsWith(item.Label, StringComparison.Ordinal)).MaxBy(item => item.Label.Length);
        var ofLists = items.Any(item => item.Kind == Offers.ListItem);
        var start = path?.Label.Length ?? (ofLists ? word.LastIndexOf(',') + 1 : 0);
        var (taken, rest) = (ofLists ? word[..start].Split(',', StringSplitOptions.TrimEntries) : [], word[start..]);
        var fitting = start > 0 && path is not null ? [] : items.Where(item => item.Label.Length > 0 && item.Label.StartsWith(rest, StringComparison.Ordinal) && !taken.Contains(item.Label));
        var kind = path?.Kind switch { Offers.Folder => PathKind.Folders, Offers.File => PathKind.Files, _ => PathKind.None };
        return new Answer(settled.Length + start, [.. fitting.Select(item => new Candidate(item.Label, item.Documentation ?? ""))], kind);
    }

    // Unsorted and whole: Symbol.GetCompletions would leave out what doesn't contain the word before the cursor.
    private static IEnumerable<CompletionItem> Offered(ParseResult parsed, IEnumerable<Func<CompletionContext, IEnumerable<CompletionItem>>> sources)
    {
        var context = parsed.GetCompletionContext();
        return sources.SelectMany(source => source(context));
    }

    /// <summary>A command's options: its own, and those that hold for all commands beneath another.</summary>
    public static IReadOnlyList<Option> Known(Command command) =>
        [.. Visible(command.Options), .. Above(command).SelectMany(parent => Visible(parent.Options)).Where(option => option.Recursive)];

    private static IEnumerable<Command> Above(Command command) => command.Parents.OfType<Command>().SelectMany(parent => Above(parent).Prepend(parent));

    private static IEnumerable<T> Visible<T>(IEnumerable<T> symbols) where T : Symbol => symbols.Where(symbol => !symbol.Hidden);

    private static bool TakesValue(Option option) => option.Arity.MinimumNumberOfValues > 0;

    private static bool IsGiven(ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };

    private static IEnumerable<OptionResult> Results(ParseResult parsed) => parsed.CommandResult.Children.OfType<OptionResult>();
}
