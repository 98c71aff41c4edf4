using System.Runtime.Intrinsics;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Tests.Operations;

/// <summary>The error of our eˣ and σ in units of the last place, over the whole range; equal bits at every vector width.</summary>
public sealed unsafe class VectorExpAccuracy
{
    private static readonly float[] Grid = MakeGrid();

    [Test]
    public void Exp_is_within_one_and_a_half_units()
    {
        var inside = Grid.Where(x => x is >= -87 and <= 88).ToArray();
        var (error, at) = Largest(inside, Map(inside, x => VectorExp.Exp<Vector128<float>, Simd128>(x)), Math.Exp);
        Console.WriteLine($"exp: {error:f3} ulp at {at}");
        Assert.That(error, Is.LessThan(1.5), $"at {at}");
    }

    [Test]
    public void Sigmoid_is_within_two_and_a_half_units()
    {
        var inside = Grid.Where(x => x >= -87).ToArray();
        var (error, at) = Largest(inside, Map(inside, x => VectorExp.Sigmoid<Vector128<float>, Simd128>(x)), x => 1 / (1 + Math.Exp(-x)));
        Console.WriteLine($"sigmoid: {error:f3} ulp at {at}");
        Assert.That(error, Is.LessThan(2.5), $"at {at}");
    }

    [Test]
    public void Every_width_gives_the_same_bits()
    {
        float* at = stackalloc float[16];
        for (var i = 0; i + 16 <= Math.Min(Grid.Length, 1 << 16); i += 16)
        {
            Grid.AsSpan(i, 16).CopyTo(new Span<float>(at, 16));
            var expected = VectorExp.Sigmoid<Vector512<float>, Simd512>(Simd512.Load(at));
            for (var lane = 0; lane < 16; lane++)
            {
                Assert.That(VectorExp.Sigmoid<Vector256<float>, Simd256>(Simd256.Load(at + lane / 8 * 8))[lane % 8], Is.EqualTo(expected[lane]));
                Assert.That(VectorExp.Sigmoid<Vector128<float>, Simd128>(Simd128.Load(at + lane / 4 * 4))[lane % 4], Is.EqualTo(expected[lane]));
                Assert.That(VectorExp.Sigmoid<float, Simd1>(at[lane]), Is.EqualTo(expected[lane]));
            }
        }
    }

    [TestCase(float.NaN, float.NaN)]
    [TestCase(float.PositiveInfinity, 1f)]
    [TestCase(0f, 0.5f)]
    [TestCase(-0f, 0.5f)]
    public void Sigmoid_of_special_values(float x, float expected) =>
        Assert.That(VectorExp.Sigmoid<Vector128<float>, Simd128>(Vector128.Create(x))[0], Is.EqualTo(expected));

    [TestCase(float.NegativeInfinity)]
    [TestCase(-1e30f)]
    [TestCase(-87.01f)]
    public void Far_below_both_are_zero(float x)
    {
        Assert.That(VectorExp.Sigmoid<Vector128<float>, Simd128>(Vector128.Create(x))[0], Is.Zero);
        Assert.That(VectorExp.Exp<Vector128<float>, Simd128>(Vector128.Create(x))[0], Is.Zero);
    }

    private static float[] Map(float[] x, Func<Vector128<float>, Vector128<float>> function) => Array.ConvertAll(x, value => function(Vector128.Create(value))[0]);

    private static (double Error, float At) Largest(float[] x, float[] actual, Func<double, double> exact)
    {
        var (largest, at) = (0.0, 0f);
        for (var i = 0; i < x.Length; i++)
        {
            var expected = exact(x[i]);
            var unit = MathF.BitIncrement((float)expected) - (double)(float)expected;
            var error = Math.Abs(actual[i] - expected) / unit;
            if (!(error <= largest)) (largest, at) = (error, x[i]);
        }
        return (largest, at);
    }

    // Floats of both signs from 10⁻⁸ to 100 by their bit patterns, so that every exponent is covered alike.
    private static float[] MakeGrid()
    {
        int from = BitConverter.SingleToInt32Bits(1e-8f), to = BitConverter.SingleToInt32Bits(100f);
        var values = new List<float>();
        for (var bits = from; bits < to; bits += 509)
        {
            values.Add(BitConverter.Int32BitsToSingle(bits));
            values.Add(-BitConverter.Int32BitsToSingle(bits));
        }
        return [.. values];
    }
}
