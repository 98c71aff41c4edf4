using System.Text.RegularExpressions;
using LpcEngine.Engine;
using LpcEngine.Experiments.Sweeps;

namespace LpcEngine.Experiments.Completion;

/// <summary>The scripts that make shells ask this program what may come next; each is a file beside this one.</summary>
internal static partial class CompletionScript
{
    /// <summary>The shells, in the words of the command line.</summary>
    public static IReadOnlyList<string> Shells { get; } = ["bash", "zsh", "fish"];

    /// <summary>A shell's script.</summary>
    /// <param name="shell">One of <see cref="Shells"/>.</param>
    /// <param name="name">What its user types to run the program: a file's name, a function or an alias.</param>
    /// <exception cref="UserErrorException">There's none for this shell, or the name is none.</exception>
    public static string Text(string shell, string name) => Text(shell, name, ThisProgram.Words());

    /// <summary>The same for a given program.</summary>
    /// <param name="shell">One of <see cref="Shells"/>.</param>
    /// <param name="name">What its user types.</param>
    /// <param name="program">The words that start the program, with full paths: the script runs it wherever its user is, and whatever the name stands for.</param>
    public static string Text(string shell, string name, IReadOnlyList<string> program)
    {
        if (!Shells.Contains(shell)) throw new UserErrorException($"Unknown shell '{shell}'; known are {string.Join(", ", Shells)}.{NearMiss.Question(shell, Shells)}");
        if (!PlainName().IsMatch(name)) throw new UserErrorException($"--name {name}: must be a command's name, of letters, digits, '.', '_' and '-', such as lpc.");
        var assembly = typeof(CompletionScript).Assembly;
        using var reader = new StreamReader(assembly.GetManifestResourceStream($"completion.{shell}")!);
        return reader.ReadToEnd().ReplaceLineEndings("\n")
            .Replace("@FUNCTION@", $"_{NotOfFunctions().Replace(name, "_")}_complete", StringComparison.Ordinal)
            .Replace("@NAME@", name, StringComparison.Ordinal)
            .Replace("@PROGRAM@", string.Join(' ', program.Select(word => Quoted(shell, word))), StringComparison.Ordinal);
    }

    // Within single quotes nothing has a meaning but the quote itself, and in fish a backslash.
    private static string Quoted(string shell, string word) => shell == "fish"
        ? $"'{word.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'"
        : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    [GeneratedRegex(@"^[\w.][\w.-]*$", RegexOptions.ECMAScript)]
    private static partial Regex PlainName();

    [GeneratedRegex(@"\W", RegexOptions.ECMAScript)]
    private static partial Regex NotOfFunctions();
}
