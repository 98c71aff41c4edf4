using System.Runtime.InteropServices;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Tests.Operations;

/// <summary>Every form of minimal filtering, forced on shapes of all kinds whatever the model would choose, against the double-precision reference.</summary>
public sealed unsafe class WinogradForms
{
    private static IEnumerable<TestCaseData> Cases =>
        from lanes in (int[])[16, 8, 4]
        from test in new (WinogradKind Kind, ConvGeometry G)[]
        {
            // whole patches; patches that overshoot on one side or both; images smaller than a patch; a single pixel
            (WinogradKind.Unit, new(2, 8, 12, 16, 32, 3, 3, 1, 1)), (WinogradKind.Unit, new(3, 5, 7, 48, 16, 3, 3, 1, 0)),
            (WinogradKind.Unit, new(1, 1, 2, 16, 16, 3, 3, 1, 1)), (WinogradKind.Unit, new(2, 4, 3, 16, 16, 3, 3, 1, 2)),
            (WinogradKind.Small, new(2, 2, 2, 16, 32, 3, 3, 1, 1)), (WinogradKind.Small, new(3, 5, 7, 48, 16, 3, 3, 1, 0)),
            (WinogradKind.Small, new(1, 1, 1, 16, 16, 3, 3, 1, 1)), (WinogradKind.Small, new(2, 4, 3, 16, 16, 3, 3, 1, 2)),
            (WinogradKind.Strided, new(2, 8, 16, 16, 32, 3, 3, 2, 1)), (WinogradKind.Strided, new(3, 7, 9, 48, 16, 3, 3, 2, 1)),
            (WinogradKind.Strided, new(1, 1, 2, 16, 16, 3, 3, 2, 1)), (WinogradKind.Strided, new(2, 17, 10, 16, 80, 3, 3, 2, 1)),
            // many patches and many channels: several blocks, tiles of both channel axes, slices of the columns, parts of the weight gradient
            (WinogradKind.Unit, new(5, 16, 17, 160, 144, 3, 3, 1, 1)), (WinogradKind.Small, new(5, 16, 17, 144, 160, 3, 3, 1, 1)),
            (WinogradKind.Strided, new(5, 33, 34, 144, 160, 3, 3, 2, 1)), (WinogradKind.Strided, new(4, 8, 8, 64, 256, 3, 3, 2, 1)),
        }
        select new TestCaseData(lanes, test.Kind, test.G).SetArgDisplayNames($"{32 * lanes} bits", $"{test.Kind}", $"{test.G.XShape} ∗ {test.G.WeightShape} padding {test.G.Padding}");

    [TestCaseSource(nameof(Cases))]
    public void All_three_passes_agree_with_the_reference(int lanes, object kind, ConvGeometry g)
    {
        var form = (WinogradKind)kind;
        var random = new Random(7);
        double[] x = Draw(random, g.XShape), w = Draw(random, g.WeightShape), dY = Draw(random, g.YShape);
        using var narrow = SimdWidth.Narrow(lanes);
        var pool = ((CpuDevice)TestDevices.Get("cpu")).Pool;
        Compare("forward", Conv2dReference.Forward(g, x, w), x, w, (a, b, result) => WinogradConvolution.Forward(pool, g, form, a, b, result));
        Compare("input gradient", Conv2dReference.BackwardInput(g, w, dY), dY, w, (a, b, result) => WinogradConvolution.BackwardInput(pool, g, form, a, b, result));
        Compare("weight gradient", Conv2dReference.BackwardWeight(g, x, dY), x, dY, (a, b, result) => WinogradWeightGradient.Run(pool, g, form, a, b, result));
    }

    // ResNet's shapes at batch 128, and images that patches of 4×4 would overshoot by half or more.
    [TestCase(32, 64, 64, 1, ExpectedResult = "Unit")]
    [TestCase(4, 512, 512, 1, ExpectedResult = "Unit")]
    [TestCase(32, 16, 16, 1, ExpectedResult = "Unit")]
    [TestCase(2, 512, 512, 1, ExpectedResult = "Small")]
    [TestCase(1, 512, 512, 1, ExpectedResult = "None")]
    [TestCase(32, 64, 128, 2, ExpectedResult = "Strided")]
    [TestCase(8, 256, 512, 2, ExpectedResult = "Strided")]
    [TestCase(32, 3, 64, 1, ExpectedResult = "None")]
    public string The_model_chooses(int side, int c, int k, int stride)
    {
        if (SimdWidth.Lanes < 16) Assert.Ignore("The choice is that of 512-bit vectors.");
        return Winograd.Choose(new(128, side, side, c, k, 3, 3, stride, 1)).ToString();
    }

    private delegate void Pass(float* a, float* b, float* result);

    private static void Compare(string what, double[] expected, double[] a, double[] b, Pass pass)
    {
        float* left = Native(a), right = Native(b), result = Native(new double[expected.Length]);
        var span = new Span<float>(result, expected.Length);
        span.Fill(float.NaN); // an element that isn't written shows
        pass(left, right, result);
        var actual = span.ToArray();
        NativeMemory.AlignedFree(left);
        NativeMemory.AlignedFree(right);
        NativeMemory.AlignedFree(result);
        var error = RelativeError.Of(actual, expected);
        Console.WriteLine($"{what}: {error:g3}");
        Assert.That(error, Is.LessThan(5e-6), what); // ‖a − b‖/‖b‖; largest seen 2.6e-6
    }

    private static float* Native(double[] values)
    {
        var memory = (float*)NativeMemory.AlignedAlloc((nuint)values.Length * sizeof(float), 64);
        for (var i = 0; i < values.Length; i++) memory[i] = (float)values[i];
        return memory;
    }

    private static double[] Draw(Random random, Shape shape)
    {
        var normal = OpInput.Normal(1);
        return Enumerable.Range(0, shape.Count).Select(i => (double)(float)normal(random, i)).ToArray();
    }
}
