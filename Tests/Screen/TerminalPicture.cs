using System.Globalization;
using System.Text.RegularExpressions;

namespace LpcEngine.Tests.Screen;

/// <summary>What a terminal would show of a text: the little of ECMA-48 that the screen uses, anything else is refused.</summary>
internal sealed partial class TerminalPicture
{
    private readonly List<string> rows = [""];
    private readonly int width;
    private int row, column;

    private TerminalPicture(int width) => this.width = width;

    /// <summary>The lines of a text with its escape sequences obeyed, colours left out.</summary>
    /// <param name="text">What was written.</param>
    /// <param name="width">Columns. A character in the last one leaves the cursor on it until the next one comes: what erases from the cursor on erases it.</param>
    public static string[] Of(string text, int width = int.MaxValue)
    {
        var picture = new TerminalPicture(width);
        foreach (Match token in Token().Matches(text)) picture.Obey(token.Value);
        return [.. picture.rows.Select(line => line.TrimEnd())];
    }

    private void Obey(string token)
    {
        if (token == "\n") (row, column) = (row + 1, 0);
        else if (token == "\r") column = 0;
        else if (token[0] != '\u001b') Put(token);
        else if (token[^1] == 'A') row -= int.Parse(token[2..^1], CultureInfo.InvariantCulture);
        else if (token[^1] == 'K') rows[row] = rows[row][..Math.Min(Math.Min(column, width - 1), rows[row].Length)];
        else if (token[^1] == 'J') EraseBelow();
        else Assert.That(token[^1], Is.EqualTo('m'), $"an escape sequence that the screen should not need: {token[1..]}");
        Assert.That(row, Is.GreaterThanOrEqualTo(0), "above the first line");
        while (rows.Count <= row) rows.Add("");
    }

    private void Put(string text)
    {
        while (column + text.Length > width)
        {
            var fits = width - column;
            if (fits > 0) Put(text[..fits]);
            (row, column, text) = (row + 1, 0, text[fits..]);
            while (rows.Count <= row) rows.Add("");
        }
        var line = rows[row].PadRight(column);
        rows[row] = line[..column] + text + (line.Length > column + text.Length ? line[(column + text.Length)..] : "");
        column += text.Length;
    }

    private void EraseBelow()
    {
        rows[row] = rows[row][..Math.Min(column, rows[row].Length)];
        rows.RemoveRange(row + 1, rows.Count - row - 1);
    }

    [GeneratedRegex(@"\n|\r|\u001b\[[0-9;?]*[A-Za-z]|[^\n\r\u001b]+|\u001b")]
    private static partial Regex Token();
}
