using ILGPU;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>3×3 convolutions of floats with stride 1 on a GPU by Winograd's minimal filtering F(4×4, 3×3): 36 multiplications for 16 outputs instead of 144.</summary>
/// <remarks>
/// Images and filters are transformed to 36 positions each, every position is a matrix product [patches × C]·[C × K], and all 36 are one launch; what comes out is transformed back. The input gradient is the same
/// with the filters turned round, the weight gradient the adjoint (docs/convolution.md derives it all). Everything in between lies in memory: each number of a position is written once and read once, which is
/// the price of three multiplications out of four.
/// </remarks>
internal sealed class WinogradGpu(GpuDevice device)
{
    // The choice is made for this many images, whatever the number is: an image must give the same bits alone as in any company.
    private const int TypicalBatch = 128;

    // Operations in the time in which memory moves a byte: 40 TFLOP/s at 3 TB/s.
    private const double Intensity = 13;

    // Numbers between the transforms that are in memory at once, so that large batches need no more of it: 256 MiB.
    private const long MostNumbers = 1 << 26;

    // Images are taken a multiple of this at a time, so that groups of patches have the same members however many images there are.
    private const int ImageMultiple = WinogradKernelsGpu.GroupPatches;

    private readonly TileProductGpu tiles = TileProductGpu.On(device);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, WinogradPlan> input =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, WinogradPlan>>(WinogradKernelsGpu.InputKernel);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, int, int> filter =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, int, int>>(WinogradKernelsGpu.FilterKernel);

    /// <summary>Numbers between the transforms that are in memory at once: so many images are taken at a time, a training step's usual 128 together. Results don't depend on it; a test sets it.</summary>
    internal long NumbersAtOnce { get; set; } = MostNumbers;

    public static WinogradGpu On(GpuDevice device) => device.Kernels(static gpu => new WinogradGpu(gpu));

    /// <summary>Whether the output is computed so: 3×3 taps, stride 1, channels in whole slices, and less time by the model.</summary>
    /// <remarks>The model counts operations of whole tiles, and bytes at the rate above, as if neither hid the other.</remarks>
    public static bool Takes(in ConvGeometry g) => IsPossible(g) && Cost(g, Tiling.RoundUp(Patches(g, TypicalBatch), TileShape.Rows) * g.C * Tiling.RoundUp(g.K, 64)) < Direct(g);

    /// <summary>Whether the input gradient is.</summary>
    public static bool TakesInput(in ConvGeometry g) => g.Stride == 1 && g.Padding <= 2 && Takes(Turned(g));

    /// <summary>Whether the weight gradient is. Its sums run over all images, which are in memory together; those of more images than that are direct.</summary>
    public static bool TakesWeights(in ConvGeometry g) =>
        IsPossible(g) && WinogradPlan.Positions * Patches(g, g.N) * (g.C + g.K) <= 4 * MostNumbers
        && Cost(g, Patches(g, TypicalBatch) * Tiling.RoundUp(g.C, TileShape.Rows) * Tiling.RoundUp(g.K, 64)) < Direct(g);

    /// <summary>Overwrites y.</summary>
    /// <returns>If asked for, and all patches are whole, statistics of y's channels.</returns>
    public ChannelStatistics? Forward(in ConvGeometry g, Tensor x, Tensor weight, Tensor y, bool measured)
    {
        measured &= g.P % WinogradPlan.Side == 0 && g.Q % WinogradPlan.Side == 0;
        var statistics = measured ? new ChannelStatistics(y, WinogradKernelsGpu.GroupPatches * WinogradPlan.Side * WinogradPlan.Side) : null;
        Run(g, x, weight, turned: false, y, add: false, statistics);
        return statistics;
    }

    /// <summary>Overwrites dX or adds to it: the convolution of dY with the filters turned round, C and K exchanged.</summary>
    public void BackwardInput(in ConvGeometry g, Tensor dY, Tensor weight, Tensor dX, bool add)
    {
        var exchanged = FilterCopies.On(device).Exchanged(weight, Precision.Fp32);
        Run(Turned(g), dY, exchanged, turned: true, dX, add, null);
        device.GiveBack(exchanged);
    }

    /// <summary>Bᵀ d B of all patches at hand.</summary>
    /// <returns>[36, patches, channels], to be given back.</returns>
    public Tensor Positions(in WinogradPlan inputs, Tensor images)
    {
        var positions = device.New(new(WinogradPlan.Positions, inputs.Patches, inputs.Channels));
        input(device.Stream, Elements.Config(inputs.Patches * inputs.Channels), GpuDevice.Floats(images), GpuDevice.Floats(positions), inputs);
        return positions;
    }

    private void Run(in ConvGeometry g, Tensor x, Tensor weight, bool turned, Tensor y, bool add, ChannelStatistics? statistics)
    {
        var filters = device.New(new(WinogradPlan.Positions, g.C, g.K));
        filter(device.Stream, Elements.Config(g.C * g.K), GpuDevice.Floats(weight), GpuDevice.Floats(filters), g.C * g.K, turned ? 1 : 0);
        var output = statistics is null ? WinogradOutputLauncher<Unmeasured>.On(device).Launch : WinogradOutputLauncher<WithStatistics>.On(device).Launch;
        var together = ImagesTogether(g);
        for (var image = 0; image < g.N; image += together)
        {
            var images = Math.Min(together, g.N - image);
            WinogradPlan inputs = WinogradPlan.Inputs(g).Of(image, images), outputs = WinogradPlan.Outputs(g).Of(image, images) with { Adds = add ? 1 : 0 };
            Tensor patches = Positions(inputs, x), products = device.New(new(WinogradPlan.Positions, inputs.Patches, g.K));
            tiles.RowsOfBatch(WinogradPlan.Positions, inputs.Patches, g.K, g.C, patches, filters, products);
            output(device.Stream, WinogradKernelsGpu.OutputConfig(outputs), GpuDevice.Floats(products), GpuDevice.Floats(y), GpuDevice.Floats(statistics?.Partials ?? y), outputs);
            device.GiveBack(patches);
            device.GiveBack(products);
        }
        device.GiveBack(filters);
    }

    private int ImagesTogether(in ConvGeometry g)
    {
        var most = Math.Max(1, NumbersAtOnce / (WinogradPlan.Positions * Patches(g, 1) * (g.C + g.K)) / ImageMultiple) * ImageMultiple;
        return (int)Tiling.RoundUp(Tiling.Count(g.N, Tiling.Count(g.N, most)), ImageMultiple);
    }

    // The convolution of dY that gives dX.
    private static ConvGeometry Turned(in ConvGeometry g) => new(g.N, g.P, g.Q, g.K, g.C, g.R, g.S, 1, 2 - g.Padding);

    // Slices of the products are whole in both directions, since the input gradient exchanges them; and kernels count elements in 31 bits.
    private static bool IsPossible(in ConvGeometry g) =>
        WinogradSwitch.IsOn && g.R == 3 && g.S == 3 && g.Stride == 1 && g.Padding <= 2 && g.C % MatrixRowSlices.SliceMultiple == 0 && g.K % MatrixRowSlices.SliceMultiple == 0
        && WinogradPlan.Positions * Math.Max(Patches(g, ImageMultiple), Math.Max(g.C, g.K)) * Math.Max(g.C, g.K) <= int.MaxValue;

    // Tiles of 16 and 32 columns exist for it, but not for a batch of products.
    private static double Direct(in ConvGeometry g) => 2.0 * 9 * Tiling.RoundUp((long)TypicalBatch * g.P * g.Q, TileShape.Rows) * g.C * (g.K > 32 ? Tiling.RoundUp(g.K, 64) : Tiling.RoundUp(g.K, 16));

    private static double Cost(in ConvGeometry g, long multiplications)
    {
        double images = (double)TypicalBatch * ((double)g.H * g.W * g.C + (double)g.P * g.Q * g.K), filters = (double)g.C * g.K;
        var moved = images + 9 * filters + 2 * WinogradPlan.Positions * ((double)Patches(g, TypicalBatch) * (g.C + g.K) + filters);
        return 2.0 * WinogradPlan.Positions * multiplications + Intensity * sizeof(float) * moved;
    }

    private static long Patches(in ConvGeometry g, long images) => images * Tiling.Count(g.P, WinogradPlan.Side) * Tiling.Count(g.Q, WinogradPlan.Side);
}

/// <summary>The kernel that transforms back, with statistics or without.</summary>
/// <typeparam name="TMeasuring">Which.</typeparam>
internal sealed class WinogradOutputLauncher<TMeasuring>(GpuDevice device) where TMeasuring : struct, IMeasuring
{
    public readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, WinogradPlan> Launch =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, WinogradPlan>>(WinogradKernelsGpu.OutputKernel<TMeasuring>);

    public static WinogradOutputLauncher<TMeasuring> On(GpuDevice device) => device.Kernels(static gpu => new WinogradOutputLauncher<TMeasuring>(gpu));
}
