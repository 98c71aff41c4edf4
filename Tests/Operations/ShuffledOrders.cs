namespace LpcEngine.Tests.Operations;

/// <summary>A shuffle on any device is the sequential one, exchange for exchange: runs go on with it, and published results hang on it.</summary>
public sealed class ShuffledOrders
{
    private const int Group = ShuffleGpu.Threads;

    private static IEnumerable<string> Gpus => TestDevices.Names.Where(name => name != "cpu");

    private static IEnumerable<TestCaseData> Lengths =>
        from name in TestDevices.Names
        from n in new[] { 1, 2, 3, 4, 31, 32, 33, Group - 1, Group, Group + 1, 2 * Group - 1, 2 * Group, 2 * Group + 1, 5000, 50_000 }
        where name != "emulator" || n < 1000
        select new TestCaseData(name, n);

    // Of a program that knows nothing of this one: Philox and the exchanges written down in Python, with whole numbers of any length.
    private static IEnumerable<TestCaseData> KnownAnswers =>
        from name in TestDevices.Names
        from known in new (ulong Seed, uint Stream, int[] Order)[]
        {
            (1, RandomStreams.ImageOrder + 1, [6, 4, 11, 2, 3, 0, 8, 14, 9, 1, 13, 10, 5, 12, 15, 7]),
            (ulong.MaxValue, uint.MaxValue, [2, 9, 8, 11, 10, 7, 15, 5, 1, 12, 13, 6, 14, 4, 0, 3]),
        }
        select new TestCaseData(name, known.Seed, known.Stream, known.Order).SetArgDisplayNames(name, $"{known.Seed:x}");

    [TestCaseSource(nameof(KnownAnswers))]
    public void Sixteen_images_come_in_the_known_order(string name, ulong seed, uint stream, int[] order) => Assert.That(Shuffled(TestDevices.Get(name), order.Length, seed, stream), Is.EqualTo(order));

    [Test]
    public void The_images_of_CIFAR_come_in_the_known_order([ValueSource(nameof(NotEmulated))] string name)
    {
        var order = Shuffled(TestDevices.Get(name), 50_000, 0, RandomStreams.ImageOrder + 1);
        Assert.That(order[..8], Is.EqualTo(new[] { 6693, 26650, 26260, 32586, 14184, 12434, 34966, 3235 }));
        Assert.That(order[^8..], Is.EqualTo(new[] { 45347, 47746, 42357, 26421, 12416, 44295, 17034, 38598 }));
        Assert.That(order.Select((image, place) => (place + 1L) * image).Sum(), Is.EqualTo(31257641243071), "the sum of places times images");
    }

    [TestCaseSource(nameof(Lengths))]
    public void Every_device_makes_the_order_of_the_exchanges_one_after_the_other(string name, int n)
    {
        foreach (var (seed, stream) in new[] { (0UL, RandomStreams.ImageOrder + 1), (1UL << 63, 0x80000000u), (0x9E3779B97F4A7C15, 3u) })
            Assert.That(Shuffled(TestDevices.Get(name), n, seed, stream), Is.EqualTo(OneByOne(n, seed, stream)), $"seed {seed:x}, stream {stream:x}");
    }

    /// <summary>In short orders nearly every exchange meets another, in one way or another.</summary>
    [TestCaseSource(typeof(TestDevices), nameof(TestDevices.Names))]
    public void Short_orders_of_many_seeds_are_those_of_the_exchanges(string name)
    {
        var streams = name == "emulator" ? 3u : 60;
        for (var n = 2; n <= 12; n++)
            for (uint stream = 0; stream < streams; stream++) Assert.That(Shuffled(TestDevices.Get(name), n, 7, stream), Is.EqualTo(OneByOne(n, 7, stream)), $"{n} images, stream {stream}");
    }

    [Test]
    public void The_size_of_a_group_changes_nothing([ValueSource(nameof(Gpus))] string name, [Values(1, 2, 3, 32, 63)] int threads)
    {
        var device = TestDevices.Get(name);
        foreach (var n in name == "emulator" ? [40] : new[] { 1, 62, 63, 64, 1000 })
            Assert.That(Made(device, n, order => ShuffleGpu.On(device).Shuffle(order, 3, 4, threads)), Is.EqualTo(OneByOne(n, 3, 4)), $"{n} images");
    }

    [TestCaseSource(typeof(TestDevices), nameof(TestDevices.Names))]
    public void A_shuffle_can_be_recorded_and_leaves_nothing_behind(string name)
    {
        var device = TestDevices.Get(name);
        var order = device.NewKept(new Shape(300), DType.Int32);
        using var step = new CapturedStep(device, () => ShuffleOp.Shuffle(order, 5, 6));
        step.Run();
        var before = device.Statistics;
        for (var run = 0; run < 5; run++)
        {
            order.CopyFrom<int>([.. Enumerable.Repeat(-7, 300)]);
            step.Run();
            Assert.That(order.ToInts(), Is.EqualTo(OneByOne(300, 5, 6)), $"run {run}");
        }
        Assert.That((device.Statistics.StepTensors, device.Statistics.ArenaBytes, device.Statistics.KeptBytes), Is.EqualTo((0, before.ArenaBytes, before.KeptBytes)));
        device.Free(order);
    }

    /// <summary>What docs/gpu.md says of the chains, counted on the draws themselves.</summary>
    [Test]
    public void A_cell_asks_once_on_average_and_never_often()
    {
        const int N = 50_000;
        var aimedAt = new int[N];
        var first = new int[N];
        for (var i = N - 1; i >= 0; i--)
        {
            var aim = Philox.Below(0, RandomStreams.ImageOrder + 1, (ulong)i, i + 1);
            first[i] = aimedAt[aim];
            if (aim != i) aimedAt[aim] = i;
        }
        int[] steps = [.. first.Select(Steps)];
        Assert.That(steps.Average(), Is.EqualTo(1).Within(0.02));
        Assert.That(steps.Max(), Is.LessThan(3 * Math.Log(N)));

        int Steps(int from)
        {
            var count = 0;
            for (; from > 0; from = aimedAt[from]) count++;
            return count;
        }
    }

    [TestCaseSource(typeof(TestDevices), nameof(TestDevices.Names))]
    public void What_is_no_row_of_whole_numbers_is_refused(string name)
    {
        var device = TestDevices.Get(name);
        device.Step(() =>
        {
            Assert.Throws<ShapeException>(() => ShuffleOp.Shuffle(device.New(new(2, 3), DType.Int32), 0, 0));
            Assert.Throws<ArgumentException>(() => ShuffleOp.Shuffle(device.New(new Shape(3)), 0, 0));
        });
    }

    private static IEnumerable<string> NotEmulated => TestDevices.Names.Where(name => name != "emulator");

    private static int[] Shuffled(Device device, int n, ulong seed, uint stream) => Made(device, n, order => ShuffleOp.Shuffle(order, seed, stream));

    /// <summary>The order as it is read back, made of bytes 0xFF, as is what the kernels work with.</summary>
    private static int[] Made(Device device, int n, Action<Tensor> make)
    {
        int[] made = [];
        device.PoisonNewTensors = true;
        try
        {
            device.Step(() =>
            {
                var order = device.New(new Shape(n), DType.Int32);
                make(order);
                made = order.ToInts();
            });
        }
        finally { device.PoisonNewTensors = false; }
        return made;
    }

    /// <summary>The exchanges as they are defined, on cells that are remembered only when they have been touched.</summary>
    private static int[] OneByOne(int n, ulong seed, uint stream)
    {
        var moved = new Dictionary<int, int>();
        for (var i = n - 1; i > 0; i--)
        {
            var j = Philox.Below(seed, stream, (ulong)i, i + 1);
            var (atI, atJ) = (moved.GetValueOrDefault(i, i), moved.GetValueOrDefault(j, j));
            (moved[i], moved[j]) = (atJ, atI);
        }
        return [.. Enumerable.Range(0, n).Select(cell => moved.GetValueOrDefault(cell, cell))];
    }
}
