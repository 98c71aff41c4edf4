using System.Numerics;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>The tally on the CPU: 128 rows of 100 logits are 4 µs of one core, less than sharing them out would cost.</summary>
internal static unsafe class TallyCpu
{
    public static void Add(Tensor tally, Tensor logits, Tensor labels, Tensor crossEntropy, Tensor? penalty)
    {
        var sums = CpuDevice.Floats(tally);
        int n = logits.Shape[0], c = logits.Shape[1], first = 0, five = 0;
        var x = CpuDevice.Floats(logits);
        var label = CpuDevice.Ints(labels);
        for (var row = 0; row < n; row++, x += c)
        {
            var rank = Rank(x, c, label[row]);
            if (rank < 1) first++;
            if (rank < 5) five++;
        }
        sums[0] += *CpuDevice.Floats(crossEntropy) * n;
        if (penalty is not null) sums[1] += *CpuDevice.Floats(penalty) * n;
        sums[2] += first;
        sums[3] += five;
        sums[4] += n;
    }

    // How many classes stand before the label's; "not smaller" rather than "larger" puts NaN before everything.
    private static int Rank(float* x, int count, int label)
    {
        if ((uint)label >= (uint)count || float.IsNaN(x[label])) return int.MaxValue;
        var own = x[label];
        var before = 0;
        for (var c = 0; c < label; c++)
            if (!(x[c] < own)) before++;
        Vector<float> owns = new(own);
        var k = label + 1;
        Vector<int> counts = default;
        for (; k <= count - Vector<float>.Count; k += Vector<float>.Count) counts += Vector<int>.One + Vector.LessThanOrEqual(Vector.Load(x + k), owns);
        before += Vector.Sum(counts);
        for (; k < count; k++)
            if (!(x[k] <= own)) before++;
        return before;
    }
}
