namespace LpcEngine.Models;

/// <summary>The widths of a penultimate layer, by the paper's words.</summary>
public enum LatentWidth
{
    /// <summary>There's no layer.</summary>
    None,

    /// <summary>That of LPC itself.</summary>
    Intermediate,

    /// <summary>That of LPC-Wide.</summary>
    Wide,

    /// <summary>That of LPC-Narrow.</summary>
    Narrow,
}

/// <summary>What the words mean in numbers; protocols differ in it.</summary>
/// <param name="Intermediate">Width of LPC's layer.</param>
/// <param name="Wide">Width of LPC-Wide's layer.</param>
/// <param name="Narrow">Width of LPC-Narrow's layer.</param>
public sealed record LatentWidths(int Intermediate, int Wide, int Narrow)
{
    private static readonly LatentWidths Paper10 = new(64, 128, 16), Paper100 = new(128, 256, 32);

    /// <summary>
    /// The widths of the paper's (arXiv:2310.08224 v5) CIFAR-10 networks for 10 classes or fewer, else of its CIFAR-100 networks.
    /// </summary>
    /// <param name="classes">Number of classes.</param>
    /// <returns>The widths.</returns>
    public static LatentWidths Paper(int classes) => classes <= 10 ? Paper10 : Paper100;

    /// <summary>A word's number.</summary>
    /// <param name="width">The word.</param>
    /// <returns>The width; 0 for <see cref="LatentWidth.None"/>.</returns>
    public int Of(LatentWidth width) => width switch
    {
        LatentWidth.Intermediate => Intermediate,
        LatentWidth.Wide => Wide,
        LatentWidth.Narrow => Narrow,
        _ => 0,
    };
}
