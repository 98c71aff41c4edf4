using ILGPU.Util;

namespace LpcEngine.Kernels;

/// <summary>tf32: floats of which a product of tensor cores takes 10 bits of mantissa. In memory they are floats whose other 13 bits are zero.</summary>
internal static class Tf32
{
    /// <summary>Rounds a float's bits to nearest, ties away from zero, as <c>cvt.rna.tf32</c> does. NaN becomes one NaN (that instruction keeps the upper bits of each), infinities stay.</summary>
    /// <remarks>
    /// Half of the last place that stays is added to the magnitude and the rest cut off, which carries into the exponent as it must. With all bits of the exponent set there is nothing to round; of a NaN enough must
    /// stay to be one.
    /// </remarks>
    public static int Round(int word)
    {
        var magnitude = word & 0x7FFFFFFF;
        return Utilities.Select(magnitude >= 0x7F800000, Utilities.Select(magnitude == 0x7F800000, word, 0x7FFFFFFF), (word + 0x1000) & ~0x1FFF);
    }
}
