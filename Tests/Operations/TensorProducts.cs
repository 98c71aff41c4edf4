using ILGPU.Runtime.Cuda;

namespace LpcEngine.Tests.Operations;

/// <summary>The tiles for tensor cores, every kind and size of them, against the double-precision reference, to the bit: all numbers are small integers, whose products and sums are exact.</summary>
/// <remarks>Where there is no CUDA the instructions are their twins: fragments, swizzles, pipeline, edges and splits are what is tested.</remarks>
[TestFixture(typeof(Tf32Element))]
[TestFixture(typeof(Bf16Element))]
internal sealed class TensorProducts<TElement> where TElement : struct, ITensorElement
{
    // The emulator has a thread of the system for each of a kernel's, hundreds of which meet at every barrier: one small case of one tile.
    private static IEnumerable<string> Names => TestDevices.Names.Where(name => name is not "cpu" and not "emulator");

    private static DType Type => default(TElement).PerWord == 2 ? DType.BFloat16 : DType.Float32;

    private static readonly ConvGeometry[] Geometries =
    [
        new(2, 6, 5, 8, 16, 3, 3, 1, 1),      // less than a tile
        new(3, 9, 8, 16, 72, 3, 3, 2, 1),     // stride, columns beyond one tile of 64
        new(2, 7, 6, 24, 8, 1, 1, 2, 0),      // input pixels that no tap reaches
        new(1, 9, 17, 40, 136, 3, 2, 1, 0),   // slices across taps, columns beyond one tile of 128, an odd filter
        new(2, 8, 7, 8, 24, 5, 5, 3, 2),      // residues of three, more taps than channels
        new(2, 9, 8, 64, 72, 3, 3, 2, 1),     // slices within taps, several of each; a stride
        new(3, 6, 7, 32, 64, 3, 2, 1, 1),     // the same, an odd filter
        new(1, 7, 7, 32, 8, 7, 7, 1, 3),      // more taps than a thread has bits for
        new(2, 7, 6, 32, 64, 1, 1, 2, 0),     // slices within taps, input pixels that no tap reaches
        new(1, 9, 8, 32, 64, 3, 3, 2, 1),     // the same, residues whose first tap is another than the filter's
        new(5, 16, 16, 64, 64, 1, 1, 1, 0),   // more than one split of the pixels, many slices in each
        new(1, 1, 1, 8, 8, 1, 1, 1, 0),       // one pixel: fewer slices than stages
    ];

    private static IEnumerable<TestCaseData> Cases =>
        from name in Names
        from g in Geometries
        select new TestCaseData(name, g).SetArgDisplayNames(name, $"{g.XShape} ∗ {g.WeightShape} stride {g.Stride} padding {g.Padding}");

    [TestCaseSource(nameof(Cases))]
    public void Tiles_of_128_by_128_are_exact(string name, ConvGeometry g) => Check(name, g, Warps<Tile128x128>);

    // What is fetched is the same text for all tiles: the smaller ones share the geometries between them.
    private static IEnumerable<TestCaseData> EvenCases => Cases.Where((_, i) => i % 2 == 0);

    private static IEnumerable<TestCaseData> OddCases => Cases.Where((_, i) => i % 2 == 1);

    [TestCaseSource(nameof(EvenCases))]
    public void Tiles_of_128_by_64_are_exact(string name, ConvGeometry g) => Check(name, g, Warps<Tile128x64>);

    [TestCaseSource(nameof(OddCases))]
    public void Tiles_of_64_by_64_are_exact(string name, ConvGeometry g) => Check(name, g, Warps<Tile64x64>);

    [Test]
    public void The_emulator_agrees() => Check("emulator", new(1, 3, 4, 8, 8, 3, 3, 2, 1), Warps<Tile64x64>);

    [TestCaseSource(nameof(Cases))]
    public void Warpgroups_tiles_of_128_by_128_are_exact(string name, ConvGeometry g) => Check(name, g, Warpgroups<Warpgroups128x128, Tile128x128>);

    [TestCaseSource(nameof(EvenCases))]
    public void Warpgroups_tiles_of_128_by_64_are_exact(string name, ConvGeometry g) => Check(name, g, Warpgroups<Warpgroups128x64, Tile128x64>);

    [TestCaseSource(nameof(OddCases))]
    public void Warpgroups_tiles_of_64_by_64_are_exact(string name, ConvGeometry g) => Check(name, g, Warpgroups<Warpgroups64x64, Tile64x64>);

    private static TensorLaunchers Warps<TTile>(GpuDevice device) where TTile : struct, ITensorTile =>
        device.Accelerator is CudaAccelerator ? WarpLaunchers<Ptx, TElement, TTile>.On(device) : WarpLaunchers<PtxTwin, TElement, TTile>.On(device);

    private static TensorLaunchers Warpgroups<TTile, TColumnsTile>(GpuDevice device) where TTile : struct, IWarpgroupTile where TColumnsTile : struct, ITensorTile
    {
        var isHalf = default(TElement).PerWord == 2;
        if (device.Accelerator is not CudaAccelerator cuda) return isHalf ? WarpgroupBf16Launchers<PtxTwin, TTile>.On(device) : WarpgroupTf32Launchers<PtxTwin, TTile, TColumnsTile>.On(device);
        Assume.That(cuda.Architecture, Is.EqualTo(CudaArchitecture.SM_90), "no other GPU has these instructions");
        return isHalf ? WarpgroupBf16Launchers<Ptx, TTile>.On(device) : WarpgroupTf32Launchers<Ptx, TTile, TColumnsTile>.On(device);
    }

    private static void Check(string name, ConvGeometry g, Func<GpuDevice, TensorLaunchers> tiles)
    {
        var device = (GpuDevice)TestDevices.Get(name);
        var launchers = tiles(device);
        var products = TensorProductGpu<TElement>.On(device);
        var random = new Random(g.GetHashCode());
        double[] x = Draw(g.XShape), w = Draw(g.WeightShape), dY = Draw(g.YShape);
        device.PoisonNewTensors = true;
        try
        {
            device.Step(() =>
            {
                Tensor onX = Upload(g.XShape, x), onDY = Upload(g.YShape, dY);
                var y = device.New(g.YShape, Type);
                products.Rows(launchers, GatherPlan.Forward(g), onX, Upload(new(g.R, g.S, g.K, g.C), Exchanged(g, w)), y);
                Assert.That(y.ToFloats(), Is.EqualTo(Rounded(Conv2dReference.Forward(g, x, w))), "y");

                var dX = device.New(g.XShape, Type);
                var stored = Upload(g.WeightShape, w);
                for (var classH = 0; classH < g.Stride; classH++)
                    for (var classW = 0; classW < g.Stride; classW++)
                        if (GatherPlan.InputGradient(g, classH, classW) is { Rows: > 0 } plan) products.Rows(launchers, plan, onDY, stored, dX);
                var gradient = Conv2dReference.BackwardInput(g, w, dY);
                Assert.That(dX.ToFloats(), Is.EqualTo(Rounded(gradient)), "dX");

                var sum = Upload(g.XShape, x);
                for (var classH = 0; classH < g.Stride; classH++)
                    for (var classW = 0; classW < g.Stride; classW++)
                        if (GatherPlan.InputGradient(g, classH, classW, add: true) is { IsIdle: false } plan) products.Rows(launchers, plan, onDY, stored, sum);
                Assert.That(sum.ToFloats(), Is.EqualTo(Rounded(gradient.Zip(x, (a, b) => a + b).ToArray())), "dX added to what was there");

                var dW = device.New(g.WeightShape);
                products.Columns(launchers, GatherPlan.Forward(g), onX, onDY, dW);
                Assert.That(dW.ToFloats(), Is.EqualTo(Array.ConvertAll(Conv2dReference.BackwardWeight(g, x, dY), value => (float)value)), "dW");
            });
        }
        finally
        {
            device.PoisonNewTensors = false;
        }

        // Every integer up to 4 is a bf16 and a tf32; sums stay far below 2²⁴.
        double[] Draw(Shape shape) => Enumerable.Range(0, shape.Count).Select(_ => (double)random.Next(-4, 5)).ToArray();

        Tensor Upload(Shape shape, double[] values)
        {
            var tensor = device.New(shape, Type);
            tensor.CopyFrom<float>(Array.ConvertAll(values, value => (float)value));
            return tensor;
        }
    }

    private static float[] Rounded(double[] values) => Array.ConvertAll(values, value => Type == DType.BFloat16 ? BFloat16.Round((float)value) : (float)value);

    private static double[] Exchanged(ConvGeometry g, double[] w)
    {
        var exchanged = new double[w.Length];
        for (var tap = 0; tap < g.R * g.S; tap++)
            for (var c = 0; c < g.C; c++)
                for (var k = 0; k < g.K; k++)
                    exchanged[(tap * g.K + k) * g.C + c] = w[(tap * g.C + c) * g.K + k];
        return exchanged;
    }
}
