using LpcEngine.Engine;

namespace LpcEngine.Experiments.Training;

/// <summary>The words of options that take one of a few: what is accepted, and what shells offer.</summary>
internal static class OptionWords
{
    /// <summary><c>--precision</c>, in the order of <see cref="Precision"/>; the first is the default.</summary>
    public static IReadOnlyList<string> Precisions { get; } = [.. Enum.GetNames<Precision>().Select(name => name.ToLowerInvariant())];

    /// <summary><c>--augment</c>: whether, and whether not.</summary>
    public static IReadOnlyList<string> Augment { get; } = ["standard", "none"];

    /// <summary><c>--shuffle</c>: whether, and whether not.</summary>
    public static IReadOnlyList<string> Shuffle { get; } = ["epoch", "none"];

    /// <summary><c>--split</c>; the first is the default.</summary>
    public static IReadOnlyList<string> Splits { get; } = ["train", "test"];

    /// <summary><c>--select</c>; the first is the default.</summary>
    public static IReadOnlyList<string> Selections { get; } = ["test", "validation"];

    /// <summary>Where a word stands among those that an option takes.</summary>
    /// <param name="option">The option.</param>
    /// <param name="value">What the command line says.</param>
    /// <param name="words">What is accepted.</param>
    /// <exception cref="UserErrorException">It's none of them.</exception>
    public static int Index(string option, string value, IReadOnlyList<string> words)
    {
        var at = words.ToList().IndexOf(value);
        return at >= 0 ? at : throw new UserErrorException($"{option} {value}: must be {string.Join(", ", words.SkipLast(1))} or {words[^1]}.");
    }
}
