using ILGPU;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Peak rate of the tensor cores' products: a kernel of products alone, on more groups than the device holds at once.</summary>
/// <remarks>Only CUDA devices are measured: elsewhere the twin would measure memory.</remarks>
/// <param name="device">The device.</param>
/// <param name="kernel">Writes for each of its 256 threads the sum of all of its 64 sums, of so many steps' products of a word with itself.</param>
/// <param name="flopsPerStep">Operations of one warp's step; a multiply-add counts 2.</param>
internal abstract class TensorArithmetic(GpuDevice device, Action<ArrayView<float>, int, int> kernel, double flopsPerStep)
{
    protected const int GroupSize = 256;

    private const int WarpSize = 32, UsualSteps = 1 << 12, GroupsPerProcessor = 8;

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, int, int> launch =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, int, int>>(kernel, GroupSize);

    /// <summary>Operations of one warp's step.</summary>
    public double FlopsPerStep => flopsPerStep;

    /// <summary>10⁹ operations a second.</summary>
    public double Measure()
    {
        var groups = GroupsPerProcessor * device.Accelerator.NumMultiprocessors;
        var result = device.NewKept(new Shape(groups * GroupSize));
        try
        {
            // Ones and halves as either kind of number; sums stay finite in far more steps.
            var seconds = Ceilings.Fastest(() =>
            {
                Launch(result, word: 0x3F003F80, UsualSteps);
                device.Synchronize();
            });
            return FlopsPerStep * UsualSteps * groups * (GroupSize / WarpSize) / seconds / 1e9;
        }
        finally
        {
            device.Free(result);
        }
    }

    /// <summary>Runs it, a group for each 256 results.</summary>
    /// <param name="result">One number for each thread.</param>
    /// <param name="word">The word that all operands consist of.</param>
    /// <param name="steps">Steps of each warp.</param>
    public void Launch(Tensor result, int word, int steps) =>
        launch(device.Stream, new KernelConfig(result.Shape.Count / GroupSize, GroupSize), GpuDevice.Floats(result), word, steps);

    protected static float Sum(Strip strip) => Sum(strip.A) + Sum(strip.B) + Sum(strip.C) + Sum(strip.D);

    private static float Sum(Sums4 sums) => sums.X + sums.Y + sums.Z + sums.W;
}

/// <summary>Products of warps from registers (<c>mma.sync</c>): each warp keeps four strips of sums, 16 independent products, as the matrix kernels do; nothing is read meanwhile.</summary>
/// <typeparam name="TCore">The instructions.</typeparam>
/// <typeparam name="TElement">The numbers.</typeparam>
internal sealed class GpuTensorArithmetic<TCore, TElement>(GpuDevice device) : TensorArithmetic(device, Kernel, 2.0 * Strips * 16 * 32 * 8 * default(TElement).PerWord)
    where TCore : struct, ITensorInstructions where TElement : struct, ITensorElement
{
    private const int Strips = 4;

    private static void Kernel(ArrayView<float> result, int word, int steps)
    {
        var memory = TCore.Allocate<Tile128x128>();
        TElement element = default;
        var words = new Words4(word, word, word, word);
        Strip a = default, b = default, c = default, d = default;
        for (var step = 0; step < steps; step++)
        {
            a = element.Multiply<TCore>(memory, a, words, words, words);
            b = element.Multiply<TCore>(memory, b, words, words, words);
            c = element.Multiply<TCore>(memory, c, words, words, words);
            d = element.Multiply<TCore>(memory, d, words, words, words);
        }
        result[Grid.GlobalIndex.X] = Sum(a) + Sum(b) + Sum(c) + Sum(d);
    }
}

/// <summary>Hopper's products of bf16 (<c>wgmma</c>), which read shared memory themselves: a group of two warpgroups multiplies the same slices again and again, 128×128 sums of 32 products as in
/// <see cref="WarpgroupRowsGpu"/>; nothing is fetched meanwhile.</summary>
/// <typeparam name="TCore">The instructions.</typeparam>
internal sealed class GpuWarpgroupArithmetic<TCore>(GpuDevice device) : TensorArithmetic(device, Kernel, 2.0 * 16 * 128 * 32) where TCore : struct, IWarpgroupInstructions
{
    private static void Kernel(ArrayView<float> result, int word, int steps)
    {
        var memory = TCore.Allocate<Warpgroups128x128>();
        TCore.BeginSums<Warpgroups128x128>();
        // One slice of either operand.
        for (var place = 16 * Group.IdxX; place < RowSlices.StageBytes<Warpgroups128x128>(); place += 16 * GroupSize) TCore.StoreWords(memory, place, new(word, word, word, word));
        // What each thread has written, products of all may read.
        TCore.ShowCopies();
        Group.Barrier();
        int left = (Group.IdxX >> 7) * 64 * RowSlices.Pitch, right = RowSlices.LeftBytes<Warpgroups128x128>();
        var sums = default(WarpTile);
        for (var step = 0; step < steps; step++)
        {
            sums = TCore.MultiplyRows<Warpgroups128x128>(memory, sums, left, right);
            TCore.WaitForProducts();
        }
        sums = TCore.Sums<Warpgroups128x128>(sums);
        result[Grid.GlobalIndex.X] = Sum(sums.A) + Sum(sums.B) + Sum(sums.C) + Sum(sums.D);
    }
}
