using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>Sums of any length by one GPU thread, as <see cref="FixedOrderSum.OfColumn"/> adds them on the CPU.</summary>
internal static class ChainedSum
{
    /// <summary>Σ x[start + i·stride], i = 0 … count − 1: short chains in single precision, added up in two floats.</summary>
    public static float Of(ArrayView<float> x, int start, int stride, int count)
    {
        float high = 0f, low = 0f;
        for (var first = 0; first < count; first += FixedOrderSum.ChainLength)
        {
            var end = IntrinsicMath.Min(first + FixedOrderSum.ChainLength, count);
            var sum = 0f;
            for (var i = first; i < end; i++) sum += x[start + i * stride];
            // Knuth's two-sum. There is no product in it, so no compiler can contract it; none may reassociate.
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
