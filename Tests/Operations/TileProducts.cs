namespace LpcEngine.Tests.Operations;

/// <summary>The tiles of floats, every size of them, against the double-precision reference, to the bit: all numbers are small integers, whose products and sums are exact.</summary>
[TestFixture(typeof(Tile2x4))]
[TestFixture(typeof(Tile4x4))]
[TestFixture(typeof(Tile8x4))]
[TestFixture(typeof(Tile8x8Narrow))]
[TestFixture(typeof(Tile8x8))]
internal sealed class TileProducts<TTile> where TTile : struct, ITile<TTile>
{
    // The emulator has a thread of the system for each of a kernel's, hundreds of which meet at every barrier: one small case.
    private static IEnumerable<string> Names => TestDevices.Names.Where(name => name is not "cpu" and not "emulator");

    private static readonly ConvGeometry[] Geometries =
    [
        new(1, 3, 43, 4, 132, 1, 1, 1, 0),    // 129 rows, 132 columns, less than a slice
        new(1, 3, 43, 12, 132, 3, 3, 1, 1),   // the same, slices across taps
        new(1, 3, 43, 5, 130, 3, 3, 1, 1),    // the same, and 16 bytes hold neither channels nor columns without rest
        new(2, 8, 8, 16, 128, 3, 3, 1, 1),    // whole tiles
        new(3, 9, 8, 16, 72, 3, 3, 2, 1),     // residues of two
        new(2, 8, 7, 3, 25, 5, 5, 3, 2),      // residues of three, channels that 16 bytes don't hold
        new(2, 7, 6, 8, 260, 1, 1, 2, 0),     // input pixels that no tap reaches, three tiles side by side
        new(5, 16, 16, 20, 68, 1, 1, 1, 0),   // more than one split of the pixels
        new(1, 3, 43, 16, 132, 1, 1, 1, 0),   // matrices as they are: a slice or two
        new(5, 16, 16, 144, 68, 1, 1, 1, 0),  // the same, many slices, a tile and a rest in all directions, splits
        new(1, 1, 1, 16, 4, 1, 1, 1, 0),      // the same, one row
        new(1, 9, 10, 16, 48, 7, 7, 2, 3),    // 49 taps, slices within them both ways
        new(1, 13, 12, 16, 16, 11, 11, 1, 5), // 121, nearly as many as there is room for
        new(1, 17, 9, 16, 16, 16, 8, 1, 0),   // 128, as many as that, and as many rows as there are bits for
        new(1, 14, 13, 16, 20, 12, 12, 1, 5), // 144, more than that
        new(1, 19, 3, 16, 16, 17, 1, 1, 0),   // more rows of taps than there are bits for
        new(1, 3, 19, 16, 16, 1, 17, 1, 0),   // more columns
        new(2, 5, 6, 32, 80, 3, 2, 3, 2),     // a stride longer than the filter is wide, padding as wide as it
        new(1, 2, 3, 16, 16, 1, 1, 1, 2),     // padding wider than the filter: most rows meet nothing
        new(2, 7, 6, 16, 272, 1, 1, 2, 0),    // input pixels that no tap reaches, slices within taps
        new(2, 6, 5, 40, 24, 3, 3, 1, 1),     // slices of eight are within taps, those of sixteen aren't
        new(1, 1, 1, 1, 1, 1, 1, 1, 0),       // one number
        new(1, 1, 1, 4, 4, 1, 1, 1, 0),       // four
    ];

    private static IEnumerable<TestCaseData> Cases =>
        from name in Names
        from g in Geometries
        select new TestCaseData(name, g).SetArgDisplayNames(name, $"{g.XShape} ∗ {g.WeightShape} stride {g.Stride} padding {g.Padding}");

    [TestCaseSource(nameof(Cases))]
    public void Products_are_exact(string name, ConvGeometry g)
    {
        var device = (GpuDevice)TestDevices.Get(name);
        var products = TileProductGpu.On(device);
        var random = new Random(g.GetHashCode());
        double[] x = Draw(g.XShape), w = Draw(g.WeightShape), dY = Draw(g.YShape);
        device.PoisonNewTensors = true;
        try
        {
            device.Step(() =>
            {
                Tensor onX = Upload(g.XShape, x), onDY = Upload(g.YShape, dY);
                var y = device.New(g.YShape);
                var filters = Upload(g.WeightShape, w);
                var expected = Floats(Conv2dReference.Forward(g, x, w));
                products.Rows<TTile>(GatherPlan.Forward(g), onX, filters, null, y);
                Assert.That(y.ToFloats(), Is.EqualTo(expected), "y");
                if (g.C % 4 == 0) // a kernel more to compile for each tile, whose epilogue is that of aligned channels
                {
                    var measured = device.New(g.YShape);
                    Assert.That(products.Rows<TTile>(GatherPlan.Forward(g), onX, filters, null, measured, measured: true), Is.Not.Null);
                    Assert.That(measured.ToFloats(), Is.EqualTo(expected), "y, whose channels are measured");
                }

                var dX = device.New(g.XShape);
                var exchanged = device.New(new(g.R, g.S, g.K, g.C));
                products.Transpose(g.R * g.S, g.C, g.K, Upload(g.WeightShape, w), exchanged);
                expected = Floats(Conv2dReference.BackwardInput(g, w, dY));
                foreach (var add in new[] { false, true })
                {
                    for (var classH = 0; classH < g.Stride; classH++)
                        for (var classW = 0; classW < g.Stride; classW++)
                            if (GatherPlan.InputGradient(g, classH, classW, add) is { Rows: > 0 } plan) products.Rows<TTile>(plan, onDY, exchanged, null, dX);
                    Assert.That(dX.ToFloats(), Is.EqualTo(Array.ConvertAll(expected, value => add ? 2 * value : value)), add ? "dX, added to itself" : "dX");
                }

                var dW = device.New(g.WeightShape);
                products.Columns<TTile>(GatherPlan.Forward(g), onX, onDY, dW);
                Assert.That(dW.ToFloats(), Is.EqualTo(Floats(Conv2dReference.BackwardWeight(g, x, dY))), "dW");
            });
        }
        finally
        {
            device.PoisonNewTensors = false;
        }

        double[] Draw(Shape shape) => Enumerable.Range(0, shape.Count).Select(_ => (double)random.Next(-4, 5)).ToArray();

        Tensor Upload(Shape shape, double[] values)
        {
            var tensor = device.New(shape);
            tensor.CopyFrom<float>(Floats(values));
            return tensor;
        }
    }

    [Test]
    public void A_bias_is_added_to_each_row([ValueSource(nameof(Names))] string name, [Values(12, 48)] int k)
    {
        const int m = 130, n = 132;
        var device = (GpuDevice)TestDevices.Get(name);
        float[] left = Integers(m * k, 1), right = Integers(k * n, 2), offset = Integers(n, 3), expected = new float[m * n];
        for (var i = 0; i < expected.Length; i++)
        {
            expected[i] = offset[i % n];
            for (var j = 0; j < k; j++) expected[i] += left[i / n * k + j] * right[j * n + i % n];
        }
        device.Step(() =>
        {
            Tensor a = device.New(new(m, k)), b = device.New(new(k, n)), bias = device.New(new(n)), c = device.New(new(m, n));
            a.CopyFrom<float>(left);
            b.CopyFrom<float>(right);
            bias.CopyFrom<float>(offset);
            TileProductGpu.On(device).Rows<TTile>(GatherPlan.Product(m, n, k, hasBias: true), a, b, bias, c);
            Assert.That(c.ToFloats(), Is.EqualTo(expected));
        });

        static float[] Integers(int count, int seed)
        {
            var random = new Random(seed);
            return Enumerable.Range(0, count).Select(_ => (float)random.Next(-4, 5)).ToArray();
        }
    }

    /// <summary>A batch of products by one launch, each with matrices of its own.</summary>
    [Test]
    public void Products_of_a_batch_are_exact([ValueSource(nameof(Names))] string name, [Values("5, 130, 132, 48", "3, 9, 4, 16", "2, 1100, 68, 16")] string extents)
    {
        if (default(TTile).Columns < 64) Assert.Ignore("Batches have tiles of 64 and of 128 columns.");
        if (extents.Split(", ").Select(int.Parse).ToArray() is not [var batch, var m, var n, var k]) throw new ArgumentException(extents);
        var device = (GpuDevice)TestDevices.Get(name);
        var random = new Random(batch);
        float[] left = Draw(batch * m * k), right = Draw(batch * k * n), other = Draw(batch * m * n);
        float[] product = new float[batch * m * n], transposed = new float[batch * k * n];
        for (var b = 0; b < batch; b++)
            for (var row = 0; row < m; row++)
                for (var along = 0; along < k; along++)
                    for (var column = 0; column < n; column++)
                    {
                        product[(b * m + row) * n + column] += left[(b * m + row) * k + along] * right[(b * k + along) * n + column];
                        transposed[(b * k + along) * n + column] += left[(b * m + row) * k + along] * other[(b * m + row) * n + column];
                    }
        device.PoisonNewTensors = true;
        try
        {
            device.Step(() =>
            {
                Tensor a = Upload(left, m, k), c = device.New(new(batch, m, n)), d = device.New(new(batch, k, n));
                TileProductGpu.On(device).Rows<TTile>(GatherPlan.Product(m, n, k, hasBias: false), a, Upload(right, k, n), null, c, batch: batch);
                TileProductGpu.On(device).Columns<TTile>(GatherPlan.Product(m, n, k, hasBias: false), a, Upload(other, m, n), d, batch);
                Assert.That(c.ToFloats(), Is.EqualTo(product), "left·right");
                Assert.That(d.ToFloats(), Is.EqualTo(transposed), "leftᵀ·other");
            });
        }
        finally
        {
            device.PoisonNewTensors = false;
        }

        float[] Draw(int count) => Enumerable.Range(0, count).Select(_ => (float)random.Next(-4, 5)).ToArray();

        Tensor Upload(float[] values, int rows, int columns)
        {
            var tensor = device.New(new(batch, rows, columns));
            tensor.CopyFrom<float>(values);
            return tensor;
        }
    }

    /// <summary>It is the device that checks every index. Slices across taps, within taps, and matrices as they lie.</summary>
    [TestCase(8, 4, 3, 2, 1)]
    [TestCase(16, 16, 3, 1, 1)]
    [TestCase(16, 16, 1, 1, 0)]
    public void The_emulator_agrees(int channels, int filters, int filter, int stride, int padding) => Products_are_exact("emulator", new(1, 3, 4, channels, filters, filter, filter, stride, padding));

    /// <summary>The threads of a group have each of a tile's sums once.</summary>
    [Test]
    public void Threads_share_the_tile_without_rest()
    {
        var places =
            from thread in Enumerable.Range(0, default(TTile).Threads)
            from row in Enumerable.Range(TileShape.ThreadRow<TTile>(thread), TileShape.RowsPerThread<TTile>())
            from half in Enumerable.Range(0, default(TTile).ColumnsPerThread / 4)
            from column in Enumerable.Range(TileShape.ThreadQuad<TTile>(thread) * 4 + half * default(TTile).Columns / 2, 4)
            select row * default(TTile).Columns + column;
        Assert.That(places.Order(), Is.EqualTo(Enumerable.Range(0, TileShape.Rows * default(TTile).Columns)));
    }

    /// <summary>
    /// Shared memory answers sixteen lanes at a time, in one turn if each lane reads the same 16 bytes as its neighbour (lane xor 1, or for all lanes xor 2) and all that are read lie in different banks.
    /// </summary>
    [Test]
    public void Sixteen_lanes_read_shared_memory_in_one_turn()
    {
        if (default(TTile).Columns < 32) return; // the narrowest tile has another order, and waits for global memory in any case
        foreach (var lanes in Enumerable.Range(0, default(TTile).Threads).Chunk(16))
        {
            IsOneTurn(lanes.Select(TileShape.ThreadRow<TTile>).Select(row => row / 4).ToArray());
            IsOneTurn(lanes.Select(TileShape.ThreadQuad<TTile>).ToArray());
        }

        static void IsOneTurn(int[] quads)
        {
            Assert.That(new[] { 1, 2 }.Any(other => quads.Select((quad, lane) => quads[lane ^ other] == quad).All(isSame => isSame)), "pairs of lanes");
            Assert.That(quads.Distinct().Select(quad => quad % 8), Is.Unique, "banks, of which a quad takes four of 32");
        }
    }

    /// <summary>A warp that stores gathered rows transposed, a word a lane, meets every bank once.</summary>
    [Test]
    public void Gathered_rows_are_stored_in_one_turn()
    {
        var threadsPerRow = default(TTile).Threads / TileShape.Rows;
        foreach (var lanes in Enumerable.Range(0, default(TTile).Threads).Chunk(32))
            Assert.That(lanes.Select(thread => (thread % threadsPerRow * 4 * 4 * TileShape.RowPitch + thread / threadsPerRow) % 32), Is.Unique);
    }

    private static float[] Floats(double[] values) => Array.ConvertAll(values, value => (float)value);
}
