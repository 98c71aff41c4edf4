namespace LpcEngine.Kernels;

/// <summary>Into how many pieces the pixels of a weight gradient's sums are cut: each piece is summed by groups of its own, and a second pass adds the partial results.</summary>
/// <remarks>
/// More pieces give more processors work, and each costs a partial result that is written and read. Groups run in waves of as many as a large GPU holds at once; what the last wave lacks is time lost: 144 tiles in waves of 264
/// lose 45 %, three pieces of each (432 groups, two waves) 18 %. The cheapest number is looked for. It follows from the shape and the kernel's tile, not from how many processors the device has or what runs beside, so
/// that the bits do, too.
/// </remarks>
internal static class PixelSplits
{
    // A large GPU's.
    private const int Processors = 132;

    /// <summary>Partial sums of a piece must be worth their traffic: so many pixels each at least; of patches of 4×4 pixels a sixteenth.</summary>
    public const int Shortest = 512;

    // More waves than these gain nothing.
    private const int MostWaves = 4;

    /// <summary>The number of pieces.</summary>
    /// <param name="tiles">Tiles of the result.</param>
    /// <param name="groupsPerProcessor">Groups that a processor holds at once.</param>
    /// <param name="pixels">Length of the sums.</param>
    /// <param name="intensity">How many operations the products do in the time in which memory moves a byte: some 13 in floats, 33 in tf32, 100 in bf16 on an H100.</param>
    /// <param name="shortest">The least of a piece.</param>
    /// <returns>At least 1.</returns>
    public static int Choose(int tiles, int groupsPerProcessor, int pixels, double intensity, int shortest = Shortest)
    {
        var wave = Processors * groupsPerProcessor;
        var most = Math.Clamp((MostWaves * wave + tiles - 1) / tiles, 1, Math.Max(1, pixels / shortest));
        var (best, least) = (1, double.MaxValue);
        for (var splits = 1; splits <= most; splits++)
        {
            // Time of the products, 1 if every wave were full; and of eight bytes for each result and piece, of which the products do two operations for each pixel.
            double groups = (double)tiles * splits, cost = Math.Ceiling(groups / wave) * wave / groups + 4 * intensity * splits / pixels;
            if (cost >= least) continue;
            (best, least) = (splits, cost);
        }
        return best;
    }
}
