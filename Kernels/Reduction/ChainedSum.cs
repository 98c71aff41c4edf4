using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>Sums of any length by one GPU thread, as <see cref="FixedOrderSum.OfColumn"/> adds them on the CPU.</summary>
internal static class ChainedSum
{
    /// <summary>Σ x[start + i·stride], i = 0 … count − 1: short chains in single precision, added up in two floats.</summary>
    public static float Of(ArrayView<float> x, int start, int stride, int count) => Of(new Fp32Storage(x), start, stride, count);

    /// <summary>Likewise, however x is stored.</summary>
    public static float Of<TStorage>(TStorage x, int start, int stride, int count) where TStorage : struct, IStorage<TStorage>
    {
        float high = 0f, low = 0f;
        for (var first = 0; first < count; first += FixedOrderSum.ChainLength)
        {
            var end = IntrinsicMath.Min(first + FixedOrderSum.ChainLength, count);
            var sum = 0f;
            for (var i = first; i < end; i++) sum += x.Load(start + i * stride);
            // Knuth's two-sum. There is no product in it, so no compiler can contract it; none may reassociate.
            var next = high + sum;
            var part = next - high;
            low += high - (next - part) + (sum - part);
            high = next;
        }
        return high + low;
    }

    /// <summary>Four such sums of neighbours, each in the same order: of elements 4·(start + i·stride) to 4·(start + i·stride) + 3.</summary>
    public static Float4 OfQuads<TStorage>(TStorage x, int start, int stride, int count) where TStorage : struct, IStorage<TStorage>
    {
        Float4 high = Float4.All(0f), low = Float4.All(0f);
        for (var first = 0; first < count; first += FixedOrderSum.ChainLength)
        {
            var end = IntrinsicMath.Min(first + FixedOrderSum.ChainLength, count);
            var sum = Float4.All(0f);
            for (var i = first; i < end; i++) sum += x.LoadQuad(start + i * stride);
            var next = high + sum;
            var part = next - high;
            low += high - (next - part) + (sum - part);
            high = next;
        }
        return high + low;
    }

    /// <summary>
    /// This thread's share of the sum of <paramref name="count"/> values from <paramref name="start"/> on, for <see
    /// cref="GroupReduction.Sum"/>.
    /// </summary>
    public static float Share(ArrayView<float> x, int start, int count)
    {
        var mine = (count - Group.IdxX + GroupReduction.Size - 1) / GroupReduction.Size;
        return Of(x, start + Group.IdxX, GroupReduction.Size, mine);
    }
}
