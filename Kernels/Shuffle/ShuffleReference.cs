using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>The shuffle from its other end: the same exchanges in ascending order make of 0 … n − 1 the inverse of the permutation, which says where each number has gone.</summary>
/// <remarks>An exchange undoes itself, so a product of exchanges read backwards is the inverse of the product.</remarks>
internal static class ShuffleReference
{
    public static double[] Order(int n, ulong seed, uint stream)
    {
        int[] placeOf = [.. Enumerable.Range(0, n)];
        for (var i = 1; i < n; i++)
        {
            var j = Aim(seed, stream, i);
            (placeOf[i], placeOf[j]) = (placeOf[j], placeOf[i]);
        }
        var order = new double[n];
        for (var number = 0; number < n; number++) order[placeOf[number]] = number;
        return order;
    }

    // Lemire's method as it is stated: the first of four words whose product with the range leaves at least 2^32 mod range below, or else the last.
    private static int Aim(ulong seed, uint stream, int i)
    {
        var (x, y, z, w) = Philox.Bits(seed, stream, (ulong)i);
        var range = (UInt128)(i + 1);
        uint[] words = [x, y, z, w];
        var accepted = words.Where(word => word * range % ((UInt128)1 << 32) >= ((UInt128)1 << 32) % range).Append(w).First();
        return (int)(accepted * range >> 32);
    }
}
