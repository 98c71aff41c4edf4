using ILGPU;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>3×3 convolutions of floats with stride 1 on a GPU by Winograd's minimal filtering F(4×4, 3×3): 36 multiplications for 16 outputs instead of 144.</summary>
/// <remarks>
/// Images and filters are transformed to 36 positions each, every position is a matrix product [patches × C]·[C × K], and all 36 are one launch; what comes out is transformed back. The input gradient is the same
/// with the filters turned round, the weight gradient the adjoint (docs/convolution.md derives it all). Everything in between lies in memory: a position's number is written and read once, against the nine multiplications for
/// each channel that it saves, three out of four.
/// </remarks>
internal sealed class WinogradGpu(GpuDevice device)
{
    // The choice is made for this many images, whatever the number is: an image must give the same bits alone as in any company.
    private const int TypicalBatch = 128;

    // Operations in the time in which memory moves a byte: 40 TFLOP/s at 3 TB/s.
    private const double Intensity = 13;

    private readonly TileProductGpu tiles = TileProductGpu.On(device);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, WinogradPlan> input =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, WinogradPlan>>(WinogradKernelsGpu.InputKernel);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, WinogradPlan> output =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, WinogradPlan>>(WinogradKernelsGpu.OutputKernel<Unmeasured>);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, WinogradPlan> measuredOutput =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, WinogradPlan>>(WinogradKernelsGpu.OutputKernel<WithStatistics>);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, WinogradPlan> outputAdjoint =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, WinogradPlan>>(WinogradKernelsGpu.OutputAdjointKernel);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, int, int> filter =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, int, int>>(WinogradKernelsGpu.FilterKernel);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, int> filterAdjoint =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, int>>(WinogradKernelsGpu.FilterAdjointKernel);

    public static WinogradGpu On(GpuDevice device) => device.Kernels(static gpu => new WinogradGpu(gpu));

    /// <summary>Whether the output is computed so: 3×3 taps, stride 1, channels in whole slices, and less time by the model.</summary>
    /// <remarks>The model counts operations of whole tiles, and bytes at the rate above, as if neither hid the other.</remarks>
    public static bool Takes(in ConvGeometry g) => IsPossible(g) && Cost(g, Tiling.RoundUp(Patches(g, TypicalBatch), TileShape.Rows) * g.C * Tiling.RoundUp(g.K, 64)) < Direct(g);

    /// <summary>Whether the input gradient is.</summary>
    public static bool TakesInput(in ConvGeometry g) => g.Stride == 1 && g.Padding <= 2 && Takes(Turned(g));

    /// <summary>Whether the weight gradient is.</summary>
    public static bool TakesWeights(in ConvGeometry g) => IsPossible(g) && Cost(g, Patches(g, TypicalBatch) * Tiling.RoundUp(g.C, TileShape.Rows) * Tiling.RoundUp(g.K, 64)) < Direct(g);

    /// <summary>Overwrites y.</summary>
    /// <returns>If asked for, and all patches are whole, statistics of y's channels.</returns>
    public ChannelStatistics? Forward(in ConvGeometry g, Tensor x, Tensor weight, Tensor y, bool measured)
    {
        measured &= g.P % WinogradPlan.Side == 0 && g.Q % WinogradPlan.Side == 0;
        var statistics = measured ? new ChannelStatistics(y, WinogradKernelsGpu.GroupPatches * WinogradPlan.Side * WinogradPlan.Side) : null;
        Run(g, x, weight, turned: false, y, statistics);
        return statistics;
    }

    /// <summary>Overwrites dX: the convolution of dY with the filters turned round, C and K exchanged.</summary>
    public void BackwardInput(in ConvGeometry g, Tensor dY, Tensor weight, Tensor dX)
    {
        var exchanged = FilterCopies.On(device).Exchanged(weight, Precision.Fp32);
        Run(Turned(g), dY, exchanged, turned: true, dX, null);
        device.GiveBack(exchanged);
    }

    /// <summary>Overwrites dW = Gᵀ[Σ over patches (Bᵀ d B) ⊙ (A dy Aᵀ)]G.</summary>
    public void BackwardWeight(in ConvGeometry g, Tensor x, Tensor dY, Tensor dW)
    {
        WinogradPlan inputs = new(g.N, g.P, g.Q, g.H, g.W, g.Padding, g.C), outputs = new(g.N, g.P, g.Q, g.P, g.Q, 0, g.K);
        Tensor left = Positions(inputs.Patches, g.C), right = Positions(inputs.Patches, g.K), products = Positions(g.C, g.K);
        input(device.Stream, Elements.Config(inputs.Patches * g.C), GpuDevice.Floats(x), GpuDevice.Floats(left), inputs);
        outputAdjoint(device.Stream, Elements.Config(inputs.Patches * g.K), GpuDevice.Floats(dY), GpuDevice.Floats(right), outputs);
        tiles.ColumnsOfBatch(WinogradPlan.Positions, inputs.Patches, g.C, g.K, left, right, products);
        filterAdjoint(device.Stream, Elements.Config(g.C * g.K), GpuDevice.Floats(products), GpuDevice.Floats(dW), g.C * g.K);
        device.GiveBack(left);
        device.GiveBack(right);
        device.GiveBack(products);
    }

    private void Run(in ConvGeometry g, Tensor x, Tensor weight, bool turned, Tensor y, ChannelStatistics? statistics)
    {
        WinogradPlan inputs = new(g.N, g.P, g.Q, g.H, g.W, g.Padding, g.C), outputs = new(g.N, g.P, g.Q, g.P, g.Q, 0, g.K);
        Tensor patches = Positions(inputs.Patches, g.C), filters = Positions(g.C, g.K), products = Positions(inputs.Patches, g.K);
        input(device.Stream, Elements.Config(inputs.Patches * g.C), GpuDevice.Floats(x), GpuDevice.Floats(patches), inputs);
        filter(device.Stream, Elements.Config(g.C * g.K), GpuDevice.Floats(weight), GpuDevice.Floats(filters), g.C * g.K, turned ? 1 : 0);
        tiles.RowsOfBatch(WinogradPlan.Positions, inputs.Patches, g.K, g.C, patches, filters, products);
        var groups = new Index2D(Tiling.Count(outputs.Patches, WinogradKernelsGpu.GroupPatches), Tiling.Count(g.K, WinogradKernelsGpu.GroupChannels));
        (statistics is null ? output : measuredOutput)(device.Stream, new KernelConfig(groups, new Index2D(WinogradKernelsGpu.GroupPatches * WinogradKernelsGpu.GroupChannels, 1)),
            GpuDevice.Floats(products), GpuDevice.Floats(y), GpuDevice.Floats(statistics?.Partials ?? y), outputs);
        device.GiveBack(patches);
        device.GiveBack(filters);
        device.GiveBack(products);
    }

    // The convolution of dY that gives dX.
    private static ConvGeometry Turned(in ConvGeometry g) => new(g.N, g.P, g.Q, g.K, g.C, g.R, g.S, 1, 2 - g.Padding);

    private Tensor Positions(int rows, int columns) => device.New(new(WinogradPlan.Positions, rows, columns));

    // Slices of the products are whole in both directions, since the input gradient exchanges them; and kernels count elements in 31 bits.
    private static bool IsPossible(in ConvGeometry g) =>
        WinogradSwitch.IsOn && g.R == 3 && g.S == 3 && g.Stride == 1 && g.Padding <= 2 && g.C % MatrixRowsGpu.SliceMultiple == 0 && g.K % MatrixRowsGpu.SliceMultiple == 0
        && WinogradPlan.Positions * Math.Max(Patches(g, g.N), Math.Max(g.C, g.K)) * Math.Max(g.C, g.K) <= int.MaxValue;

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
