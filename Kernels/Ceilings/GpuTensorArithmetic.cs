using ILGPU;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Peak rate of the tensor cores' products (<c>mma.sync</c>) from registers.</summary>
/// <remarks>
/// Each warp keeps four strips of sums, 16 independent products, as the matrix kernels do; nothing is read meanwhile. Only CUDA devices are measured: elsewhere the twin would measure memory.
/// Hopper has others for bf16, which reach more: <see cref="GpuWarpgroupArithmetic{TCore}"/>.
/// </remarks>
/// <typeparam name="TCore">The instructions.</typeparam>
/// <typeparam name="TElement">The numbers.</typeparam>
internal sealed class GpuTensorArithmetic<TCore, TElement>(GpuDevice device) where TCore : struct, ITensorInstructions where TElement : struct, ITensorElement
{
    private const int GroupSize = 256, WarpSize = 32, Strips = 4, UsualSteps = 1 << 12, GroupsPerProcessor = 8;

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, int, int> kernel =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, int, int>>(Kernel, GroupSize);

    /// <summary>Operations of one warp's step: four strips of 16×32 sums of as many products as 8 words hold; a multiply-add counts 2.</summary>
    public static double FlopsPerStep => 2.0 * Strips * 16 * 32 * 8 * default(TElement).PerWord;

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

    /// <summary>Runs it, a group for each 256 results: each thread's is the sum of all of its 64 sums, of products of a word with itself.</summary>
    /// <param name="result">One number for each thread.</param>
    /// <param name="word">The word that all operands consist of.</param>
    /// <param name="steps">Steps of each warp.</param>
    public void Launch(Tensor result, int word, int steps) =>
        kernel(device.Stream, new KernelConfig(result.Shape.Count / GroupSize, GroupSize), GpuDevice.Floats(result), word, steps);

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

    private static float Sum(Strip strip) => Sum(strip.A) + Sum(strip.B) + Sum(strip.C) + Sum(strip.D);

    private static float Sum(Sums4 sums) => sums.X + sums.Y + sums.Z + sums.W;
}
