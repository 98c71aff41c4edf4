namespace LpcEngine.Engine;

/// <summary>Texts from files and folders that anyone may have named, made safe for a line on a screen.</summary>
public static class PlainText
{
    /// <summary>One line that cannot steer a terminal.</summary>
    /// <param name="text">Any text.</param>
    /// <returns>The text, with blanks for line ends and question marks for other control characters.</returns>
    public static string Of(string text) => !text.Any(char.IsControl) ? text
        : string.Concat(text.ReplaceLineEndings(" ").Select(c => char.IsControl(c) ? '?' : c));
}
