using System.Text;

namespace LpcEngine.Experiments.Completion;

/// <summary>A command line as it stands in a shell, up to the cursor.</summary>
/// <param name="Before">The words before the one at the cursor, without quotes; the program's name is not among them.</param>
/// <param name="Word">The word at the cursor, without quotes; a quote in it may be open.</param>
/// <param name="Aside">How many characters of the word bash leaves alone when it completes it: those up to a character at which it breaks words, or up to an open quote.</param>
internal sealed record ShellLine(IReadOnlyList<string> Before, string Word, int Aside)
{
    /// <summary>Splits a line as a shell would for running it.</summary>
    /// <param name="line">The line up to the cursor. Variables and patterns stay as they are written: what they'd become is not known.</param>
    /// <param name="breaks">The characters at which the shell's editor breaks words: bash's COMP_WORDBREAKS.</param>
    public static ShellLine Split(string line, string breaks)
    {
        var (words, word) = (new List<string>(), new StringBuilder());
        var (quote, begun) = ('\0', false);
        var (atBreak, atQuote) = (0, 0);
        for (var i = 0; i < line.Length; i++)
        {
            var c = line[i];
            if (quote == '\0' && char.IsWhiteSpace(c))
            {
                if (begun) words.Add(word.ToString());
                word.Clear();
                (begun, atBreak) = (false, 0);
                continue;
            }
            begun = true;
            if (c == '\\' && IsEscape(quote, i + 1 < line.Length ? line[i + 1] : '\0'))
            {
                if (++i < line.Length) word.Append(line[i]);
            }
            else if (c == quote) quote = '\0';
            else if (quote == '\0' && c is '\'' or '"') (quote, atQuote) = (c, word.Length);
            else
            {
                word.Append(c);
                if (quote == '\0' && breaks.Contains(c)) atBreak = word.Length;
            }
        }
        // What stands before a command may set variables for it.
        var program = words.FindIndex(first => !IsAssignment(first));
        return new ShellLine(program < 0 ? [] : words[(program + 1)..], word.ToString(), quote == '\0' ? atBreak : atQuote);
    }

    /// <summary>A word without its quotes, as a shell would pass it.</summary>
    public static string Unquote(string word) => Split(word, "").Word;

    // Within double quotes a backslash is one, unless it stands before what would have a meaning there.
    private static bool IsEscape(char quote, char next) => quote switch { '\0' => true, '"' => next is '"' or '\\' or '$' or '`', _ => false };

    private static bool IsAssignment(string word) => word.IndexOf('=') is > 0 and var end && word.AsSpan(0, end).IndexOfAnyExcept(NameCharacters) < 0;

    private static readonly System.Buffers.SearchValues<char> NameCharacters =
        System.Buffers.SearchValues.Create("_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
}
