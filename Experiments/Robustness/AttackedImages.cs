using LpcEngine.Engine;

namespace LpcEngine.Experiments.Robustness;

/// <summary>Which images of a split are attacked.</summary>
internal static class AttackedImages
{
    /// <summary>n different images at random.</summary>
    /// <param name="n">How many; all of them when there are fewer.</param>
    /// <param name="of">Number of images of the split.</param>
    /// <param name="seed">The run's seed.</param>
    /// <returns>Their indices: the first n of a random order of all, so that fewer images are a part of more.</returns>
    /// <remarks>Philox with the stream <see cref="RandomStreams.AttackedImages"/>. The choice looks at nothing: misclassified images may be among them.</remarks>
    public static int[] Choose(int n, int of, long seed)
    {
        var order = new int[of];
        Philox.Permutation(order, (ulong)seed, RandomStreams.AttackedImages);
        return order[..Math.Min(n, of)];
    }
}
