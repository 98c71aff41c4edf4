using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Util;

namespace LpcEngine.Engine;

/// <summary>Conversions between floats and bf16: the upper 16 bits of a float, that is its sign, its exponent and 7 bits of its mantissa (8 with the implied one).</summary>
/// <remarks>
/// Rounding is to nearest, ties to even: the relative error is at most 2⁻⁸ for numbers that are normal in single precision. What rounds beyond the largest bf16, (2 − 2⁻⁷)·2¹²⁷, becomes infinite;
/// infinities stay, NaN stays NaN and becomes quiet. Everything here is integer arithmetic, so that every device and the host give the same bits; all of it can be used inside kernels.
/// </remarks>
public static class BFloat16
{
    private const int QuietNaN = 0x7FC00000;

    /// <summary>Rounds a float to bf16.</summary>
    /// <param name="value">Any float.</param>
    /// <returns>The 16 bits.</returns>
    public static ushort FromFloat(float value) => (ushort)((uint)Rounded(value) >> 16);

    /// <summary>The float that a bf16 stands for; exact.</summary>
    /// <param name="bits">The 16 bits.</param>
    /// <returns>The float.</returns>
    public static float ToFloat(ushort bits) => Interop.IntAsFloat((uint)bits << 16);

    /// <summary>The nearest float that bf16 can represent.</summary>
    /// <param name="value">Any float.</param>
    /// <returns>What a bf16 tensor gives back for it.</returns>
    public static float Round(float value) => High(Rounded(value));

    /// <summary>Two numbers in one word, as two neighbours lie in memory.</summary>
    /// <param name="low">The first.</param>
    /// <param name="high">The second.</param>
    /// <returns>The first number's bits in the lower half, the second's in the upper.</returns>
    public static int Pair(float low, float high) => (int)((uint)Rounded(low) >> 16) | Rounded(high) & unchecked((int)0xFFFF0000);

    /// <summary>The first number of a word.</summary>
    /// <param name="word">A result of <see cref="Pair"/>.</param>
    /// <returns>Its lower half as a float.</returns>
    public static float Low(int word) => Interop.IntAsFloat((uint)word << 16);

    /// <summary>The second number of a word.</summary>
    /// <param name="word">A result of <see cref="Pair"/>.</param>
    /// <returns>Its upper half as a float.</returns>
    public static float High(int word) => Interop.IntAsFloat((uint)word & 0xFFFF0000);

    /// <summary>Rounds many floats.</summary>
    /// <param name="from">Floats.</param>
    /// <param name="to">As many places for their bits.</param>
    public static void FromFloats(ReadOnlySpan<float> from, Span<ushort> to)
    {
        for (var i = 0; i < to.Length; i++) to[i] = FromFloat(from[i]);
    }

    /// <summary>Widens many numbers.</summary>
    /// <param name="from">Their bits.</param>
    /// <param name="to">As many places for the floats.</param>
    public static void ToFloats(ReadOnlySpan<ushort> from, Span<float> to)
    {
        for (var i = 0; i < to.Length; i++) to[i] = ToFloat(from[i]);
    }

    // The bf16 in the upper half; the lower half is of no account. Adding just under a half of the last place, and one more where that place is odd, carries into it as rounding to
    // nearest even does, into the exponent too. A NaN's mantissa could carry into the sign, and one without upper bits would become infinite, so it is replaced: chosen, not branched to,
    // because threads that disagree would walk both ways, four times for four numbers.
    private static int Rounded(float value)
    {
        var bits = (int)Interop.FloatAsInt(value);
        return Utilities.Select((bits & 0x7FFFFFFF) > 0x7F800000, QuietNaN, bits + (0x7FFF + ((bits >> 16) & 1)));
    }
}

/// <summary>Four neighbouring bf16 numbers, which GPU kernels move at once: a view cast to it is read and written 8 bytes at a time.</summary>
[StructLayout(LayoutKind.Sequential, Size = 8)]
internal readonly struct BFloat16x4(float x, float y, float z, float w)
{
    private readonly int low = BFloat16.Pair(x, y), high = BFloat16.Pair(z, w);

    public float X => BFloat16.Low(low);

    public float Y => BFloat16.High(low);

    public float Z => BFloat16.Low(high);

    public float W => BFloat16.High(high);
}
