namespace LpcEngine.Engine;

/// <summary>
/// Counter-based random numbers: Philox 4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", 2011).
/// A number is a pure function of (seed, stream, index), so every device and every number of threads draws the same ones.
/// </summary>
/// <remarks>
/// The key is the seed; the counter is (index low, index high, stream, 0). <see cref="Bits"/>, <see cref="Uniform"/> and <see cref="Choose"/> are plain
/// static integer code, so that they also compile inside GPU kernels.
/// </remarks>
public static class Philox
{
    private const uint Multiplier0 = 0xD2511F53;
    private const uint Multiplier1 = 0xCD9E8D57;
    private const uint Weyl0 = 0x9E3779B9; // the golden ratio
    private const uint Weyl1 = 0xBB67AE85; // the square root of three, less one

    /// <summary>The four random words of one counter value.</summary>
    /// <param name="seed">The experiment's seed (Philox's key).</param>
    /// <param name="stream">What the numbers are for; two streams never share numbers.</param>
    /// <param name="index">Position within the stream.</param>
    /// <returns>Four words of 32 random bits each.</returns>
    public static (uint X, uint Y, uint Z, uint W) Bits(ulong seed, uint stream, ulong index) =>
        Block((uint)index, (uint)(index >> 32), stream, 0, (uint)seed, (uint)(seed >> 32));

    /// <summary>A number in [0, 1) with 24 random bits, the most that a float in that range can hold evenly.</summary>
    /// <param name="seed">The experiment's seed.</param>
    /// <param name="stream">What the numbers are for; see <see cref="RandomStreams"/>.</param>
    /// <param name="index">Position within the stream.</param>
    /// <returns>A multiple of 2⁻²⁴, from 0 to 1 − 2⁻²⁴.</returns>
    public static float Uniform(ulong seed, uint stream, ulong index) => ToUniform(Bits(seed, stream, index).X);

    /// <summary>Maps a random word to [0, 1), as <see cref="Uniform"/> does.</summary>
    /// <param name="word">A word of <see cref="Bits"/>.</param>
    /// <returns>A multiple of 2⁻²⁴, from 0 to 1 − 2⁻²⁴.</returns>
    public static float ToUniform(uint word) => (word >> 8) * (1f / (1 << 24));

    /// <summary>A draw from the standard normal distribution (Box–Muller).</summary>
    /// <remarks>Computed in double and rounded once, so that the last digit does not hang on the platform's logarithm.</remarks>
    /// <param name="seed">The experiment's seed.</param>
    /// <param name="stream">What the numbers are for; see <see cref="RandomStreams"/>.</param>
    /// <param name="index">Position within the stream.</param>
    /// <returns>A finite number; its size is at most √(2·32·ln 2) ≈ 6.7.</returns>
    public static float Normal(ulong seed, uint stream, ulong index)
    {
        var (x, y, _, _) = Bits(seed, stream, index);
        var radius = Math.Sqrt(-2 * Math.Log((x + 1.0) * (1 / 4294967296.0))); // (0, 1]: never the logarithm of zero
        return (float)(radius * Math.Cos(2 * Math.PI * (y * (1 / 4294967296.0))));
    }

    /// <summary>A whole number from 0 to <paramref name="n"/> − 1, each equally likely.</summary>
    /// <param name="seed">The experiment's seed.</param>
    /// <param name="stream">What the numbers are for.</param>
    /// <param name="index">Position within the stream.</param>
    /// <param name="n">How many outcomes; at least 1.</param>
    /// <returns>A number from 0 to n − 1.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no outcome to choose from.</exception>
    public static int Below(ulong seed, uint stream, ulong index, int n)
    {
        if (n < 1)
            throw new ArgumentOutOfRangeException(nameof(n), n, "Below needs at least one outcome.");
        return Choose(seed, stream, index, n);
    }

    /// <summary><see cref="Below"/> for those who know that there is an outcome, kernels among them, which can't throw.</summary>
    internal static int Choose(ulong seed, uint stream, ulong index, int n)
    {
        // Lemire's method: the high half of word × n is even once the few words that overshoot are rejected. A block holds four
        // words; that all of them are rejected has a chance below (n / 2^32)^4, so the last one is taken as it is.
        // In signed 64 bits, where nothing here reaches 2^63: what ILGPU makes of unsigned numbers is told in Block.
        const long Low = uint.MaxValue;
        var (x, y, z, w) = Bits(seed, stream, index);
        long range = n;
        var product = x * range;
        if ((product & Low) < range) // the threshold is smaller still: nearly always there is nothing to divide
        {
            var threshold = ((1L << 32) - range) % range;
            if ((product & Low) < threshold)
                product = y * range;
            if ((product & Low) < threshold)
                product = z * range;
            if ((product & Low) < threshold)
                product = w * range;
        }
        return (int)(product >> 32);
    }

    /// <summary>Fills <paramref name="order"/> with a random permutation of 0 … length − 1 (Fisher–Yates).</summary>
    /// <param name="order">Receives the permutation; what it held before does not matter.</param>
    /// <param name="seed">The experiment's seed.</param>
    /// <param name="stream">One stream for each permutation, for example the epoch.</param>
    public static void Permutation(Span<int> order, ulong seed, uint stream)
    {
        for (var i = 0; i < order.Length; i++)
            order[i] = i;
        for (var i = order.Length - 1; i > 0; i--)
        {
            var j = Below(seed, stream, (ulong)i, i + 1);
            (order[i], order[j]) = (order[j], order[i]);
        }
    }

    /// <summary>The bare function: ten rounds on a counter of four words under a key of two. For known-answer tests.</summary>
    internal static (uint X, uint Y, uint Z, uint W) Block(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1)
    {
        for (var round = 0; round < 10; round++)
        {
            // Products in two halves, none above 2^49, and keys added in 64 bits: ILGPU's OpenCL code does unsigned arithmetic in
            // signed types, where a C compiler takes it that nothing overflows. PoCL then drops the highest bit of a full product.
            ulong low0 = (ulong)c0 * (Multiplier0 & 0xFFFF), product0 = (ulong)c0 * (Multiplier0 >> 16) + (low0 >> 16);
            ulong low1 = (ulong)c2 * (Multiplier1 & 0xFFFF), product1 = (ulong)c2 * (Multiplier1 >> 16) + (low1 >> 16);
            var next0 = (uint)(product1 >> 16) ^ c1 ^ k0;
            var next2 = (uint)(product0 >> 16) ^ c3 ^ k1;
            c1 = ((uint)product1 << 16) | ((uint)low1 & 0xFFFF);
            c3 = ((uint)product0 << 16) | ((uint)low0 & 0xFFFF);
            c0 = next0;
            c2 = next2;
            k0 = (uint)((ulong)k0 + Weyl0);
            k1 = (uint)((ulong)k1 + Weyl1);
        }

        return (c0, c1, c2, c3);
    }
}
