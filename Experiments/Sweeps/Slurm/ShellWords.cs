using System.Text;

namespace LpcEngine.Experiments.Sweeps.Slurm;

/// <summary>Words as bash reads them back, whatever characters they hold.</summary>
internal static class ShellWords
{
    // What no shell gives a meaning to, wherever it stands in a word.
    private const string Plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+./:,@%=";

    /// <summary>Words in one line.</summary>
    public static string Line(IEnumerable<string> words) => string.Join(' ', words.Select(Quote));

    /// <summary>One word: as it is where it is plain, else in quotes; in those of bash alone ($'…') where a control character would break the line.</summary>
    public static string Quote(string word)
    {
        if (word.Length > 0 && !word.AsSpan().ContainsAnyExcept(Plain)) return word;
        return word.Any(char.IsControl) ? Escaped(word) : $"'{word.Replace("'", "'\\''")}'";
    }

    private static string Escaped(string word)
    {
        var text = new StringBuilder("$'");
        foreach (var c in word)
        {
            if (c is '\'' or '\\') text.Append('\\').Append(c);
            else if (c < 0x20 || c == 0x7f) text.Append('\\').Append(Convert.ToString(c, 8).PadLeft(3, '0'));
            else text.Append(c);
        }
        return text.Append('\'').ToString();
    }
}
