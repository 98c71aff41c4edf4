using System.Runtime.InteropServices;
using ILGPU.Runtime.Cuda;

namespace LpcEngine.Tests.DeviceLayer;

/// <summary>The tensor-core kernels as CUDA would get them, run instruction by instruction (<see cref="PtxMachine"/>), against the double-precision reference: to the bit, since all sums are exact.</summary>
/// <remarks>
/// The twins prove the tiles, this the instructions' operands, the addresses in bytes, what became of the slots in local memory, and the waits: copies arrive at once in one run and as late as they may in
/// the other, while each warp runs ahead of the rest as far as it can. The tests share nothing but the texts, and run side by side.
/// </remarks>
[Parallelizable(ParallelScope.All)]
[TestFixture(typeof(Tf32Element))]
[TestFixture(typeof(Bf16Element))]
internal sealed class TensorAssembly<TElement> where TElement : struct, ITensorElement
{
    private static readonly Dictionary<Type, Form> Forms = [];

    private static int PerWord => default(TElement).PerWord;

    private static readonly ConvGeometry[] Geometries =
    [
        new(2, 6, 5, 8, 16, 3, 3, 1, 1),    // less than a tile
        new(2, 7, 6, 24, 8, 1, 1, 2, 0),    // fewer slices than stages, input pixels that no tap reaches
        new(1, 6, 9, 40, 136, 3, 2, 1, 0),  // slices across taps, several tiles both ways
        new(2, 8, 7, 8, 24, 5, 5, 3, 2),    // residues of three
        new(70, 1, 1, 24, 40, 1, 1, 1, 0),  // a matrix product: 70 rows, 24 terms, 40 columns
        new(1, 9, 8, 64, 72, 3, 3, 2, 1),   // slices within taps, several of each; a stride
        new(3, 6, 7, 32, 64, 3, 2, 1, 1),   // the same, an odd filter
        new(2, 7, 6, 32, 64, 1, 1, 2, 0),   // the same, input pixels that no tap reaches
        new(1, 9, 8, 32, 64, 3, 3, 2, 1),   // the same, residues whose first tap is another than the filter's
        new(1, 3, 2, 32, 8, 6, 6, 1, 3),    // more taps than a thread has bits for
    ];

    private static IEnumerable<TestCaseData> Cases =>
        from g in Geometries
        select new TestCaseData(g).SetArgDisplayNames($"{g.XShape} ∗ {g.WeightShape} stride {g.Stride} padding {g.Padding}");

    [TestCaseSource(nameof(Cases))]
    public void Tiles_of_128_by_128_are_exact(ConvGeometry g) => Check(Warps<Tile128x128>(), g);

    // What is fetched is the same text for all tiles: the smaller ones share the geometries between them.
    private static IEnumerable<TestCaseData> EvenCases => Cases.Where((_, i) => i % 2 == 0);

    private static IEnumerable<TestCaseData> OddCases => Cases.Where((_, i) => i % 2 == 1);

    [TestCaseSource(nameof(EvenCases))]
    public void Tiles_of_128_by_64_are_exact(ConvGeometry g) => Check(Warps<Tile128x64>(), g);

    [TestCaseSource(nameof(OddCases))]
    public void Tiles_of_64_by_64_are_exact(ConvGeometry g) => Check(Warps<Tile64x64>(), g);

    [Test]
    public void Statistics_of_128_by_128_are_those_of_the_tile() => CheckStatistics(Warps<Tile128x128>(), new(1, 3, 43, 8, 160, 3, 3, 1, 1));

    [Test]
    public void Statistics_of_128_by_64_are_those_of_the_tile() => CheckStatistics(Warps<Tile128x64>(), new(1, 3, 43, 8, 96, 1, 1, 1, 0));

    [Test]
    public void Statistics_of_64_by_64_are_those_of_the_tile() => CheckStatistics(Warps<Tile64x64>(), new(2, 7, 9, 8, 32, 3, 3, 1, 1));

    [TestCaseSource(nameof(Cases))]
    public void Warpgroups_tiles_of_128_by_128_are_exact(ConvGeometry g) => Check(Warpgroups<Warpgroups128x128>(), g);

    [TestCaseSource(nameof(EvenCases))]
    public void Warpgroups_tiles_of_128_by_64_are_exact(ConvGeometry g) => Check(Warpgroups<Warpgroups128x64>(), g);

    [TestCaseSource(nameof(OddCases))]
    public void Warpgroups_tiles_of_64_by_64_are_exact(ConvGeometry g) => Check(Warpgroups<Warpgroups64x64>(), g);

    private static IEnumerable<TestCaseData> WarpgroupStatistics =>
    [
        new(typeof(Warpgroups128x128), new ConvGeometry(1, 3, 43, 8, 160, 3, 3, 1, 1)), new(typeof(Warpgroups128x128), new ConvGeometry(1, 3, 41, 32, 128, 3, 3, 1, 1)),
        new(typeof(Warpgroups128x64), new ConvGeometry(1, 3, 43, 8, 96, 1, 1, 1, 0)), new(typeof(Warpgroups64x64), new ConvGeometry(2, 7, 9, 8, 32, 3, 3, 1, 1)),
    ];

    [TestCaseSource(nameof(WarpgroupStatistics))]
    public void Warpgroups_statistics_are_those_of_the_tile(Type tile, ConvGeometry g) => CheckStatistics(Warpgroups(tile), g);

    // With two warpgroups the barrier alone keeps one's copies from the other's products.
    private static IEnumerable<TestCaseData> HoppersTiles => from tile in new[] { typeof(Warpgroups64x64), typeof(Warpgroups128x64) } from ofColumns in PerWord == 2 ? new[] { false, true } : [false] select new TestCaseData(tile, ofColumns);

    [TestCaseSource(nameof(HoppersTiles))]
    public void What_Hoppers_products_need_and_lack_shows(Type tile, bool ofColumns)
    {
        // More slices than stages, in each of two splits, too.
        var g = ofColumns ? new ConvGeometry(6, 8, 8, 128, 64, 1, 1, 1, 0) : new ConvGeometry(2, 8, 8, 64, 64, 3, 3, 1, 1);
        var form = Warpgroups(tile);
        var text = ofColumns ? form.Columns! : form.TapRows;
        Assert.That(IsExact(text, atOnce: false), "as it is");
        Assert.That(IsExact(text.Replace("cp.async.wait_group 2;", "cp.async.wait_group 3;"), atOnce: false), Is.False, "waiting for one group of copies less");
        Assert.That(IsExact(Without(text, "bar.sync\t0;"), atOnce: true), Is.False, "without the barrier");
        // The first of the two waits for products is the one in the loop.
        Assert.That(IsExact(text.Remove(text.IndexOf("wgmma.wait_group", StringComparison.Ordinal), "wgmma.wait_group.sync.aligned 0;".Length), atOnce: false), Is.False, "without the wait for products");
        Assert.That(() => IsExact(Without(text, "fence.proxy.async.shared::cta;"), atOnce: true), Throws.InvalidOperationException.With.Message.Contains("not shown"));
        Assert.That(() => IsExact(Without(text, "wgmma.fence.sync.aligned;"), atOnce: true), Throws.InvalidOperationException.With.Message.Contains("fence of its registers"));

        bool IsExact(string assembly, bool atOnce) => NumbersAreExact(() => ofColumns ? ColumnsAreExact(form with { Columns = assembly }, g, atOnce) : ForwardIsExact(form with { TapRows = assembly }, g, atOnce));
    }

    // What is read too early is poison, which is no number of tf32.
    private static bool NumbersAreExact(Func<bool> areExact)
    {
        try { return areExact(); }
        catch (InvalidOperationException problem) when (problem.Message.EndsWith("an operand was not rounded", StringComparison.Ordinal)) { return false; }
    }

    private static string Without(string text, string part)
    {
        Assert.That(text, Does.Contain(part));
        return text.Replace(part, "");
    }

    /// <summary>Were the machine blind to what is missing, the tests above would say nothing of it.</summary>
    [Test]
    public void A_missing_wait_or_barrier_shows([Values] bool ofColumns)
    {
        var g = new ConvGeometry(2, 8, 8, 64, 64, 3, 3, 1, 1);
        var form = Warps<Tile64x64>();
        var text = ofColumns ? form.Columns! : form.TapRows;
        Assert.That(IsExact(text, atOnce: false), "as it is");
        Assert.That(IsExact(Without(text, "cp.async.wait_group 2;"), atOnce: false), Is.False, "without the wait");
        Assert.That(IsExact(text.Replace("cp.async.wait_group 2;", "cp.async.wait_group 3;"), atOnce: false), Is.False, "waiting for one group less");
        Assert.That(IsExact(Without(text, "bar.sync\t0;"), atOnce: true), Is.False, "without the barrier");

        bool IsExact(string assembly, bool atOnce) => NumbersAreExact(() => ofColumns ? ColumnsAreExact(form with { Columns = assembly }, g, atOnce) : ForwardIsExact(form with { TapRows = assembly }, g, atOnce));
    }

    private static void Check(Form form, ConvGeometry g)
    {
        foreach (var atOnce in new[] { true, false })
        {
            Assert.That(ForwardIsExact(form, g, atOnce), "y");
            Assert.That(InputGradientIsExact(form, g, atOnce), "dX");
            if (form.Columns is not null) Assert.That(ColumnsAreExact(form, g, atOnce), "dW");
        }
    }

    private static bool ForwardIsExact(Form form, ConvGeometry g, bool atOnce)
    {
        var (x, w) = (Draw(g.XShape, 1), Draw(g.WeightShape, 2));
        var y = Poison(g.YShape.Count * 4 / PerWord);
        Rows(form, GatherPlan.Forward(g), Bytes(x), Bytes(Exchanged(g, w)), y, atOnce);
        return Values(y).SequenceEqual(Conv2dReference.Forward(g, x, w).Select(Stored));
    }

    // Columns in whole warps, since the machine has all lanes of a warp read shared memory together.
    private static void CheckStatistics(Form form, ConvGeometry g)
    {
        var (x, w, plan) = (Draw(g.XShape, 7), Draw(g.WeightShape, 8), GatherPlan.Forward(g));
        var tiles = Tiles(plan.Rows, form.Tile.Rows);
        byte[] y = Poison(g.YShape.Count * 4 / PerWord), partials = Poison(4 * 3 * tiles * g.K);
        var machine = new PtxMachine(form.RowsFor(plan.InWords(PerWord), measured: true));
        machine.Run(tiles * Tiles(g.K, form.Tile.Columns), 1, form.Tile.Threads,
            Words(machine, Bytes(x)), Words(machine, Bytes(Exchanged(g, w))), View(machine, y), View(machine, partials), Bytes(plan.InWords(PerWord)));
        var stored = Conv2dReference.Forward(g, x, w).Select(Stored).ToArray();
        Assert.That(Values(y), Is.EqualTo(stored), "y");
        var found = MemoryMarshal.Cast<byte, float>(partials).ToArray();
        for (var tile = 0; tile < tiles; tile++)
            for (var k = 0; k < g.K; k++)
            {
                var column = Enumerable.Range(tile * form.Tile.Rows, Math.Min(form.Tile.Rows, plan.Rows - tile * form.Tile.Rows)).Select(row => stored[row * g.K + k]).ToArray();
                double mean = column.Average(), squares = column.Sum(value => (value - mean) * (value - mean));
                var at = tile * g.K + k;
                Assert.That((double)found[at] + found[tiles * g.K + at], Is.EqualTo(mean).Within(1e-4), $"mean of column {k} in tile {tile}");
                Assert.That(found[2 * tiles * g.K + at], Is.EqualTo(squares).Within(1e-4 + 1e-5 * squares), $"squares of column {k} in tile {tile}");
            }
    }

    private static double[] Exchanged(ConvGeometry g, double[] w)
    {
        var exchanged = new double[w.Length];
        for (var tap = 0; tap < g.R * g.S; tap++)
            for (var c = 0; c < g.C; c++)
                for (var k = 0; k < g.K; k++) exchanged[(tap * g.K + k) * g.C + c] = w[(tap * g.C + c) * g.K + k];
        return exchanged;
    }

    private static bool InputGradientIsExact(Form form, ConvGeometry g, bool atOnce)
    {
        // In the one run the gradient is written, in the other it is added to what is there.
        var (w, dY, before) = (Draw(g.WeightShape, 3), Draw(g.YShape, 4), Draw(g.XShape, 9));
        var dX = atOnce ? Poison(g.XShape.Count * 4 / PerWord) : Bytes(before);
        for (var classH = 0; classH < g.Stride; classH++)
            for (var classW = 0; classW < g.Stride; classW++)
                if (GatherPlan.InputGradient(g, classH, classW, add: !atOnce) is { IsIdle: false } plan) Rows(form, plan, Bytes(dY), Bytes(w), dX, atOnce);
        var expected = Conv2dReference.BackwardInput(g, w, dY);
        return Values(dX).SequenceEqual((atOnce ? expected : expected.Zip(before, (a, b) => a + b)).Select(Stored));
    }

    private static void Rows(Form form, GatherPlan plan, byte[] source, byte[] matrix, byte[] result, bool atOnce)
    {
        var machine = new PtxMachine(form.RowsFor(plan.InWords(PerWord), measured: false)) { CopiesArriveAtOnce = atOnce };
        var groups = Tiles(plan.Rows, form.Tile.Rows) * Tiles(plan.Columns, form.Tile.Columns);
        machine.Run(groups, 1, form.Tile.Threads, Words(machine, source), Words(machine, matrix), View(machine, result), View(machine, []), Bytes(plan.InWords(PerWord)));
        Assert.That(machine.Turns, Is.LessThanOrEqualTo(1), "lanes that meet in a bank");
    }

    // Two splits where there are pixels enough for it.
    private static bool ColumnsAreExact(Form form, ConvGeometry g, bool atOnce)
    {
        var (x, dY) = (Draw(g.XShape, 5), Draw(g.YShape, 6));
        var plan = GatherPlan.Forward(g);
        var slice = PixelSlices.Pixels<TElement>();
        var length = Tiles(Tiles(plan.Rows, 2), slice) * slice;
        var splits = Tiles(plan.Rows, length);
        var partial = Poison(4 * splits * g.WeightShape.Count);
        var machine = new PtxMachine(form.Columns!) { CopiesArriveAtOnce = atOnce };
        machine.Run(Tiles(plan.Depth, form.Tile.Rows) * Tiles(plan.Columns, form.Tile.Columns), splits, form.Tile.Threads,
            Words(machine, Bytes(x)), Words(machine, Bytes(dY)), View(machine, partial), Bytes(plan.InWords(PerWord)), BitConverter.GetBytes(length));
        Assert.That(machine.Turns, Is.LessThanOrEqualTo(1), "lanes that meet in a bank");
        var sums = MemoryMarshal.Cast<byte, float>(partial).ToArray().Chunk(g.WeightShape.Count).Aggregate(new double[g.WeightShape.Count], (sum, part) => sum.Zip(part, (a, b) => a + b).ToArray());
        return sums.SequenceEqual(Conv2dReference.BackwardWeight(g, x, dY));
    }

    /// <summary>The kernels of a tile.</summary>
    private sealed record Form(IStagedTile Tile, string Rows, string TapRows, string MeasuredRows, string MeasuredTapRows, string? Columns)
    {
        /// <summary>The kernel that a plan gets.</summary>
        public string RowsFor(in GatherPlan words, bool measured) => TapSlices.Take(words) ? measured ? MeasuredTapRows : TapRows : measured ? MeasuredRows : Rows;
    }

    private static Form Warps<TTile>() where TTile : struct, ITensorTile => Of(typeof(TTile), typeof(TensorRowsGpu), typeof(WarpPlaces), () => Text(typeof(TensorColumnsGpu), typeof(Ptx), typeof(TElement), typeof(TTile)));

    private static Form Warpgroups<TTile>() where TTile : struct, IWarpgroupTile => Warpgroups(typeof(TTile));

    // Sums over pixels of tf32 are those of warps.
    private static Form Warpgroups(Type tile) => Of(tile, typeof(WarpgroupRowsGpu), typeof(WarpgroupRows), () => PerWord == 2 ? Text(typeof(WarpgroupColumnsGpu), typeof(Ptx), tile) : null);

    private static Form Of(Type tile, Type rows, Type places, Func<string?> columns)
    {
        Form? form;
        lock (Forms)
        {
            if (!Forms.TryGetValue(tile, out form))
            {
                Forms.Add(tile, form = new((IStagedTile)Activator.CreateInstance(tile)!,
                    RowsText<Unmeasured>(typeof(RowSlices<>)), RowsText<Unmeasured>(typeof(TapSlices<>)), RowsText<WithStatistics>(typeof(RowSlices<>)), RowsText<WithStatistics>(typeof(TapSlices<>)), columns()));
            }
        }
        return form;

        string RowsText<TMeasuring>(Type slices) => Text(rows, typeof(Ptx), typeof(TElement), tile, typeof(TMeasuring), slices.MakeGenericType(places));
    }

    private static string Text(Type kernels, params Type[] arguments) => KernelText.Of(kernels.GetMethod("Kernel")!.MakeGenericMethod(arguments), CudaArchitecture.SM_90);

    private static double[] Draw(Shape shape, int seed)
    {
        var random = new Random(seed);
        return Enumerable.Range(0, shape.Count).Select(_ => (double)random.Next(-4, 5)).ToArray();
    }

    private static double Stored(double value) => PerWord == 2 ? BFloat16.Round((float)value) : value;

    private static byte[] Bytes(double[] values) => PerWord == 2
        ? MemoryMarshal.AsBytes(Array.ConvertAll(values, value => BFloat16.FromFloat((float)value)).AsSpan()).ToArray()
        : MemoryMarshal.AsBytes(Array.ConvertAll(values, value => (float)value).AsSpan()).ToArray();

    private static byte[] Bytes(GatherPlan plan) => MemoryMarshal.AsBytes(new ReadOnlySpan<GatherPlan>(in plan)).ToArray();

    private static IEnumerable<double> Values(byte[] bytes) => PerWord == 2
        ? Array.ConvertAll(MemoryMarshal.Cast<byte, ushort>(bytes).ToArray(), half => (double)BFloat16.ToFloat(half))
        : Array.ConvertAll(MemoryMarshal.Cast<byte, float>(bytes).ToArray(), value => (double)value);

    private static byte[] Poison(int bytes)
    {
        var poison = new byte[bytes];
        Array.Fill(poison, (byte)0xFF);
        return poison;
    }

    // As ILGPU passes a view (address and length), and a view with an address.
    private static byte[] View(PtxMachine machine, byte[] bytes) => MemoryMarshal.AsBytes<long>([(long)machine.Place(bytes), bytes.Length / 4]).ToArray();

    private static byte[] Words(PtxMachine machine, byte[] bytes)
    {
        var address = (long)machine.Place(bytes);
        return MemoryMarshal.AsBytes<long>([address, bytes.Length / 4, address]).ToArray();
    }

    private static int Tiles(int extent, int tile) => (extent + tile - 1) / tile;
}
