using ILGPU;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>The tally in ILGPU: one group a row finds the rank, then one group adds everything.</summary>
internal sealed class TallyGpu(GpuDevice device)
{
    private const float Wrong = 1e9f;

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<int>, ArrayView<float>, int> rank =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<int>, ArrayView<float>, int>>(RankKernel);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, int, int> add =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, int, int>>(AddKernel);

    public static TallyGpu On(Device device) => ((GpuDevice)device).Kernels(static gpu => new TallyGpu(gpu));

    public void Add(Tensor tally, Tensor logits, Tensor labels, Tensor crossEntropy, Tensor? penalty, Tensor? contrastive)
    {
        var ranks = device.New(labels.Shape);
        rank(
            device.Stream, (logits.Shape[0], GroupReduction.Size), GpuDevice.Floats(logits), GpuDevice.Ints(labels), GpuDevice.Floats(ranks), logits.Shape[1]);
        add(
            device.Stream, (1, GroupReduction.Size), GpuDevice.Floats(ranks), GpuDevice.Floats(crossEntropy), GpuDevice.Floats(penalty ?? crossEntropy),
            GpuDevice.Floats(contrastive ?? crossEntropy), GpuDevice.Floats(tally), penalty is null ? 0 : 1, contrastive is null ? 0 : 1);
    }

    private static void RankKernel(ArrayView<float> x, ArrayView<int> labels, ArrayView<float> ranks, int c)
    {
        var start = Grid.IdxX * c;
        var label = labels[Grid.IdxX];
        var known = label >= 0 && label < c;
        var own = x[start + (known ? label : 0)];
        var before = 0f;
        for (var k = Group.IdxX; k < c; k += GroupReduction.Size)
        {
            var value = x[start + k];
            // "Not smaller" rather than "larger" puts NaN before everything.
            var behind = value < own || k >= label && value == own;
            if (!behind) before += 1f;
        }
        before = GroupReduction.Sum(before);
        if (Group.IdxX == 0) ranks[Grid.IdxX] = known && !float.IsNaN(own) ? before : Wrong;
    }

    private static void AddKernel(
        ArrayView<float> ranks, ArrayView<float> crossEntropy, ArrayView<float> penalty, ArrayView<float> contrastive, ArrayView<float> tally, int hasPenalty,
        int hasContrastive)
    {
        var n = (int)ranks.Length;
        float first = 0f, five = 0f;
        for (var row = Group.IdxX; row < n; row += GroupReduction.Size)
        {
            if (ranks[row] < 1f) first += 1f;
            if (ranks[row] < 5f) five += 1f;
        }
        first = GroupReduction.Sum(first);
        five = GroupReduction.Sum(five);
        if (Group.IdxX > 0) return;
        AddTo(tally, TallyOp.CrossEntropy, TallyOp.CrossEntropyRest, crossEntropy[0] * n);
        if (hasPenalty != 0) AddTo(tally, TallyOp.Penalty, TallyOp.PenaltyRest, penalty[0] * n);
        if (hasContrastive != 0) AddTo(tally, TallyOp.Contrastive, TallyOp.ContrastiveRest, contrastive[0] * n);
        tally[TallyOp.First] += first;
        tally[TallyOp.Five] += five;
        tally[TallyOp.Images] += n;
    }

    // Knuth's two-sum for the rounding error of the addition, then a shift of what has gathered in the rest. A compiler that contracts the
    // product before with an addition here changes the value by less than the product's own rounding.
    private static void AddTo(ArrayView<float> tally, int entry, int rest, float value)
    {
        var old = tally[entry];
        var sum = old + value;
        var part = sum - old;
        var error = old - (sum - part) + (value - part) + tally[rest];
        var high = sum + error;
        tally[rest] = error - (high - sum);
        tally[entry] = high;
    }
}
