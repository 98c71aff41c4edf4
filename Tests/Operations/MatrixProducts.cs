namespace LpcEngine.Tests.Operations;

/// <summary>Matrix products at tf32 and bf16: exact where the numbers are, rounded where it was asked for and nowhere else, and refused where there are no kernels.</summary>
public sealed class MatrixProducts
{
    private static IEnumerable<string> Gpus => TestDevices.Names.Where(name => name != "cpu");

    // The emulator has a thread of the system for each of a kernel's.
    private static IEnumerable<string> FastGpus => Gpus.Where(name => name != "emulator");

    // m, n, k: tiles of 64 and of 128 columns and more than one, the largest ones (1,536·1,408 results), odd rows, a single row, long sums in splits, extents that 16 bytes hold in floats only, and in neither.
    private static readonly (int M, int N, int K)[] Extents = [(64, 64, 32), (136, 200, 72), (1536, 1408, 16), (35, 72, 40), (1, 8, 8), (72, 136, 1300), (24, 12, 20), (7, 9, 5)];

    private static IEnumerable<TestCaseData> Cases =>
        from name in FastGpus
        from extents in Extents
        from transposeA in new[] { false, true }
        from transposeB in new[] { false, true }
        select new TestCaseData(name, extents.M, extents.N, extents.K, transposeA, transposeB);

    /// <summary>Small integers, whose products and sums are exact; results are rounded once where they are bf16. In memory filled with NaN.</summary>
    [TestCaseSource(nameof(Cases))]
    public void Products_of_integers_are_exact(string name, int m, int n, int k, bool transposeA, bool transposeB)
    {
        var device = TestDevices.Get(name);
        var random = new Random(m + n + k);
        Shape shapeA = transposeA ? new(k, m) : new(m, k), shapeB = transposeB ? new(n, k) : new(k, n);
        float[] a = Draw(shapeA), b = Draw(shapeB), expected = Product();
        device.PoisonNewTensors = true;
        try
        {
            device.Step(() =>
            {
                Assert.That(Upload(shapeA, a, DType.Float32).MatMul(Upload(shapeB, b, DType.Float32), transposeA, transposeB, Precision.Tf32).ToFloats(), Is.EqualTo(expected), "tf32");
                var rounded = Array.ConvertAll(expected, BFloat16.Round);
                foreach (var (typeA, typeB) in new[] { (DType.BFloat16, DType.BFloat16), (DType.BFloat16, DType.Float32), (DType.Float32, DType.BFloat16), (DType.Float32, DType.Float32) })
                {
                    var c = Upload(shapeA, a, typeA).MatMul(Upload(shapeB, b, typeB), transposeA, transposeB, Precision.Bf16);
                    Assert.That(c.Type, Is.EqualTo(DType.BFloat16));
                    Assert.That(c.ToFloats(), Is.EqualTo(rounded), $"bf16 of {typeA} and {typeB}");
                }
            });
        }
        finally
        {
            device.PoisonNewTensors = false;
        }

        float[] Draw(Shape shape) => Enumerable.Range(0, shape.Count).Select(_ => (float)random.Next(-4, 5)).ToArray();

        Tensor Upload(Shape shape, float[] values, DType type)
        {
            var tensor = device.New(shape, type);
            tensor.CopyFrom<float>(values);
            return tensor;
        }

        float[] Product()
        {
            var c = new float[m * n];
            for (var i = 0; i < m; i++)
                for (var l = 0; l < k; l++)
                    for (var j = 0; j < n; j++) c[i * n + j] += a[transposeA ? l * m + i : i * k + l] * b[transposeB ? j * k + l : l * n + j];
            return c;
        }
    }

    private static IEnumerable<TestCaseData> RoundedCases =>
        from name in FastGpus
        from precision in new[] { Precision.Fp32, Precision.Tf32, Precision.Bf16 }
        from devicePrecision in new[] { Precision.Fp32, Precision.Tf32, Precision.Bf16 }
        from n in new[] { 8, 6 }
        select new TestCaseData(name, precision, devicePrecision, n);

    /// <summary>Sums of 1·(1 + 2⁻¹²) − 1·1, which are 2⁻¹² in floats and nothing when the factors have lost that bit; in all four forms, and in the gradients.</summary>
    [TestCaseSource(nameof(RoundedCases))]
    public void Factors_are_rounded_where_the_call_says_so_and_their_extents_allow_it_whatever_the_devices_precision_is(string name, Precision precision, Precision devicePrecision, int n)
    {
        const int m = 8, k = 16;
        const float bit = 1f / 4096;
        var device = TestDevices.Get(name);
        device.Precision = devicePrecision;
        try
        {
            device.Step(() =>
            {
                foreach (var (transposeA, transposeB) in new[] { (false, false), (false, true), (true, false), (true, true) })
                {
                    Tensor a = Filled(m, k, transposeA, (_, l) => l % 2 == 0 ? 1 : -1), b = Filled(k, n, transposeB, (l, _) => l % 2 == 0 ? 1 + bit : 1);
                    b.TracksGradient = a.TracksGradient = true;
                    var isRounded = precision != Precision.Fp32 && n == 8;
                    var c = a.MatMul(b, transposeA, transposeB, precision);
                    Assert.That(c.ToFloats(), Has.All.EqualTo(isRounded ? 0 : k / 2 * bit), $"{transposeA}, {transposeB}");
                    // The gradient of a's first column, for ones: the sum of b's first row.
                    var dC = device.New(c.Shape, c.Type);
                    device.Fill(dC, 1);
                    Assert.That(device.Tape.Backward(c, dC)[a].ToFloats()[0], Is.EqualTo(isRounded ? n : n * (1 + bit)), $"gradient, {transposeA}, {transposeB}");
                }
            });
        }
        finally
        {
            device.Precision = Precision.Fp32;
        }

        Tensor Filled(int rows, int columns, bool transposed, Func<int, int, float> value)
        {
            var tensor = device.New(transposed ? new(columns, rows) : new(rows, columns));
            tensor.CopyFrom<float>(Enumerable.Range(0, rows * columns).Select(i => transposed ? value(i % rows, i / rows) : value(i / columns, i % columns)).ToArray());
            return tensor;
        }
    }

    [Test]
    public void Halves_are_taken_at_bf16_alone([ValueSource(nameof(Gpus))] string name)
    {
        var device = TestDevices.Get(name);
        device.Step(() =>
        {
            Tensor halves = device.New(new(2, 2), DType.BFloat16), floats = device.New(new(2, 2)), whole = device.New(new(2, 2), DType.Int32);
            foreach (var precision in new[] { Precision.Fp32, Precision.Tf32 })
            {
                Assert.That(() => halves.MatMul(floats, precision: precision), Throws.ArgumentException.With.Message.Contains("Cast").And.Message.Contains(nameof(Precision.Bf16)));
                Assert.That(() => floats.MatMul(halves, precision: precision), Throws.ArgumentException);
            }
            Assert.That(() => whole.MatMul(floats, precision: Precision.Bf16), Throws.ArgumentException);
        });
    }

    [Test]
    public void The_cpu_refuses_other_precisions()
    {
        var device = TestDevices.Get("cpu");
        device.Step(() =>
        {
            Tensor floats = device.New(new(8, 8)), halves = device.New(new(8, 8), DType.BFloat16);
            foreach (var precision in new[] { Precision.Tf32, Precision.Bf16 })
                Assert.That(() => floats.MatMul(floats, precision: precision), Throws.TypeOf<KernelMissingException>().With.Message.StartsWith("MatMul").And.Property(nameof(KernelMissingException.Precision)).EqualTo(precision));
            Assert.That(() => halves.MatMul(floats), Throws.TypeOf<KernelMissingException>().With.Message.StartsWith("MatMul"));
        });
    }

    /// <summary>The transpose of halves alone: odd widths, parts of tiles, more than one tile either way.</summary>
    [Test]
    public void Halves_are_transposed([ValueSource(nameof(FastGpus))] string name, [Values(2, 32, 70)] int height, [Values(1, 31, 32, 65)] int width)
    {
        var device = TestDevices.Get(name);
        device.PoisonNewTensors = true;
        try
        {
            device.Step(() =>
            {
                Tensor from = device.New(new(height, width), DType.BFloat16), to = device.New(new(width, height), DType.BFloat16);
                var bits = Enumerable.Range(0, height * width).Select(i => (ushort)(i * 40503)).ToArray();
                from.CopyFrom<ushort>(bits);
                TransposeHalvesGpu.On((GpuDevice)device).Run(height, width, from, to);
                var found = new ushort[bits.Length];
                to.CopyTo<ushort>(found);
                Assert.That(found, Is.EqualTo(Enumerable.Range(0, bits.Length).Select(i => bits[i % height * width + i / height])));
            });
        }
        finally
        {
            device.PoisonNewTensors = false;
        }
    }
}
