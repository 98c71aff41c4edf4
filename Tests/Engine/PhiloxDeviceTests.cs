using System.Numerics;
using ILGPU;
using ILGPU.Runtime;

namespace LpcEngine.Tests.Engine;

/// <summary>Philox draws the same words inside kernels as on the host, to the last bit.</summary>
public sealed class PhiloxDeviceTests
{
    private const ulong Seed = 0x9E3779B97F4A7C15;
    private const int Count = 64;

    [TestCase(0u, 0u, 0u, 0u, 0u, 0u, 0x6627E8D5u, 0xE169C58Du, 0xBC57AC4Cu, 0x9B00DBD8u)]
    [TestCase(uint.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue, 0x408F276Du, 0x41C83B0Eu, 0xA20BC7C6u, 0x6D5451FDu)]
    public void Known_answers(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1, uint x, uint y, uint z, uint w) =>
        Assert.That(Philox.Block(c0, c1, c2, c3, k0, k1), Is.EqualTo((x, y, z, w)));

    [TestCaseSource(typeof(TestDevices), nameof(TestDevices.Names))]
    public void Kernels_draw_the_same_words(string name)
    {
        if (TestDevices.Get(name) is not GpuDevice device) return;
        var kernel = device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<int>, ulong>>(Draw);
        device.Step(() =>
        {
            var words = device.New(new Shape(Count, 8), DType.Int32);
            kernel(device.Stream, Elements.Config(Count), GpuDevice.Ints(words), Seed);
            var drawn = words.ToInts();
            for (var i = 0; i < Count; i++)
            {
                var (x, y, z, w) = Philox.Bits(Seed, 3, (ulong)i << 20);
                int[] expected = [(int)x, (int)y, (int)z, (int)w, (int)(x >> 31), (int)(y >> 31), (int)(z >> 31), (int)(w >> 31)];
                Assert.That(drawn[(8 * i)..(8 * i + 8)], Is.EqualTo(expected), $"number {i}");
            }
        });
    }

    /// <summary>Whole numbers below n, whatever sign a word or a product would have: up to a third of the words are rejected where n is so large, so that each of a block's four is used.</summary>
    [TestCaseSource(typeof(TestDevices), nameof(TestDevices.Names))]
    public void Kernels_choose_the_same_outcomes(string name)
    {
        const int Indices = 256;
        int[] ranges = [1, 2, 3, 7, 256, 50_000, 65_537, (1 << 30) - 1, 1 << 30, (1 << 30) + 1, 0x55555556, 3 << 29, int.MaxValue - 1, int.MaxValue];
        if (TestDevices.Get(name) is not GpuDevice device)
        {
            Assert.Ignore("The cpu has no kernels in another language.");
            return;
        }
        var kernel = device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<int>, ArrayView<int>, ulong>>(ChooseKernel);
        device.Step(() =>
        {
            var (n, outcomes) = (device.New(new Shape(ranges.Length), DType.Int32), device.New(new(ranges.Length, Indices), DType.Int32));
            n.CopyFrom<int>(ranges);
            kernel(device.Stream, Elements.Config(outcomes.Shape.Count), GpuDevice.Ints(n), GpuDevice.Ints(outcomes), Seed);
            var chosen = outcomes.ToInts();
            var used = new int[4];
            for (var i = 0; i < chosen.Length; i++) Assert.That(chosen[i], Is.EqualTo(Chosen(i % Indices, ranges[i / Indices], used)), $"number {i % Indices} below {ranges[i / Indices]}");
            Assert.That(used, Has.All.Positive, "words of a block that were used");
        });
    }

    // Lemire's method in whole numbers of any length.
    private static int Chosen(int index, int n, int[] used)
    {
        var (x, y, z, w) = Philox.Bits(Seed, 0x80000001, (ulong)index);
        uint[] words = [x, y, z, w];
        var taken = 0;
        while (taken < 3 && BigInteger.ModPow(2, 32, n) > new BigInteger(words[taken]) * n % BigInteger.Pow(2, 32)) taken++;
        used[taken]++;
        return (int)(new BigInteger(words[taken]) * n / BigInteger.Pow(2, 32));
    }

    private static void ChooseKernel(ArrayView<int> n, ArrayView<int> outcomes, ulong seed)
    {
        var i = LpcEngine.Engine.Elements.Index;
        if (i >= outcomes.Length) return;
        var indices = (int)outcomes.Length / (int)n.Length;
        outcomes[i] = Philox.Choose(seed, 0x80000001, (ulong)(i % indices), n[i / indices]);
    }

    // The highest bits on their own as well: what an optimiser wrongly believes about a sign shows only there.
    private static void Draw(ArrayView<int> words, ulong seed)
    {
        var i = LpcEngine.Engine.Elements.Index;
        if (i >= Count) return;
        var (x, y, z, w) = Philox.Bits(seed, 3, (ulong)(int)i << 20);
        words[8 * i] = (int)x;
        words[8 * i + 1] = (int)y;
        words[8 * i + 2] = (int)z;
        words[8 * i + 3] = (int)w;
        words[8 * i + 4] = (int)(x >> 31);
        words[8 * i + 5] = (int)(y >> 31);
        words[8 * i + 6] = (int)(z >> 31);
        words[8 * i + 7] = (int)(w >> 31);
    }
}
