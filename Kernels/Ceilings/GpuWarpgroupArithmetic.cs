using ILGPU;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Peak rate of Hopper's products of bf16 (<c>wgmma</c>), which read shared memory themselves.</summary>
/// <remarks>A group of two warpgroups multiplies the same slices again and again, 128×128 sums as in <see cref="WarpgroupRowsGpu"/>; nothing is fetched meanwhile.</remarks>
/// <typeparam name="TCore">The instructions.</typeparam>
internal sealed class GpuWarpgroupArithmetic<TCore>(GpuDevice device) where TCore : struct, IWarpgroupInstructions
{
    private const int GroupSize = 256, WarpSize = 32, UsualSteps = 1 << 12, GroupsPerProcessor = 8;

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, int, int> kernel =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, int, int>>(Kernel, GroupSize);

    /// <summary>Operations of one warp's step: 16×128 sums of 32 products; a multiply-add counts 2.</summary>
    public static double FlopsPerStep => 2.0 * 16 * 128 * 32;

    /// <summary>10⁹ operations a second.</summary>
    public double Measure()
    {
        var groups = GroupsPerProcessor * device.Accelerator.NumMultiprocessors;
        var result = device.NewKept(new Shape(groups * GroupSize));
        try
        {
            // Ones and halves; sums stay finite in far more steps.
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

    /// <summary>Runs it, a group for each 256 results: each thread's is the sum of all of its 64 sums, of products of a word with itself.</summary>
    /// <param name="result">One number for each thread.</param>
    /// <param name="word">The word that all operands consist of.</param>
    /// <param name="steps">Steps of each warp.</param>
    public void Launch(Tensor result, int word, int steps) =>
        kernel(device.Stream, new KernelConfig(result.Shape.Count / GroupSize, GroupSize), GpuDevice.Floats(result), word, steps);

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

    private static float Sum(Strip strip) => Sum(strip.A) + Sum(strip.B) + Sum(strip.C) + Sum(strip.D);

    private static float Sum(Sums4 sums) => sums.X + sums.Y + sums.Z + sums.W;
}
