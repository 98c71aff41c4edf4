using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace LpcEngine.Experiments.Metrics;

/// <summary>One component of a mixture of two Gaussians.</summary>
/// <param name="Weight">Its share, 0 to 1.</param>
/// <param name="Mean">Its middle.</param>
/// <param name="Variance">Its variance.</param>
internal readonly record struct MixtureComponent(double Weight, double Mean, double Variance)
{
    /// <summary>ln of weight × density at the middle.</summary>
    public double LogPeak => Math.Log(Weight) - (0.5 * Math.Log(2 * Math.PI * Variance));
}

/// <summary>
/// What one pass over a coordinate's values gathers under two components: the log-likelihood, and for each component the sums of r,
/// r·(x − mean) and r·(x − mean)², where r is the component's responsibility for x.
/// </summary>
/// <remarks>
/// Eight values at a time. With Δ the difference of the weighted log-densities and e = exp(−|Δ|), the likelier component has r = 1/(1 + e)
/// and the other e/(1 + e): nothing overflows, and a tiny r keeps its digits. ln(1 + e) is taken of products of up to 256 factors between 1 and 2.
/// Always eight lanes, so the sums do not depend on the machine's vectors.
/// </remarks>
internal struct MixtureSums
{
    private const int Factors = 256; // 2²⁵⁶ is far below the largest double
    private Vector512<double> logs, r0, r1, first0, first1, second0, second1;

    /// <summary>Mean log-likelihood of the values.</summary>
    public double LogLikelihood { get; private set; }

    /// <summary>Passes over the values.</summary>
    public static MixtureSums Over(ReadOnlySpan<double> values, MixtureComponent a, MixtureComponent b)
    {
        var sums = default(MixtureSums);
        sums.Pass(values, a, b);
        return sums;
    }

    /// <summary>The first component that these sums call for.</summary>
    public readonly MixtureComponent First(MixtureComponent before, int count, double floor) => Next(before, r0, first0, second0, count, floor);

    /// <summary>The second component that these sums call for.</summary>
    public readonly MixtureComponent Second(MixtureComponent before, int count, double floor) => Next(before, r1, first1, second1, count, floor);

    // The variance about the new mean is that about the old one less the square of the step. Both are of standardised values, and the step is
    // no larger than a few deviations, so what cancels is 10⁻⁹ of the floor at most.
    private static MixtureComponent Next(MixtureComponent before, Vector512<double> r, Vector512<double> one, Vector512<double> two, int count, double floor)
    {
        double members = Vector512.Sum(r) + (10 * Math.ScaleB(1, -52)); // an empty component stays a component, as in scikit-learn
        double step = Vector512.Sum(one) / members;
        double variance = Math.Max(0, (Vector512.Sum(two) / members) - (step * step)) + floor;
        return new MixtureComponent(members / count, before.Mean + step, variance);
    }

    private void Pass(ReadOnlySpan<double> values, MixtureComponent a, MixtureComponent b)
    {
        double logRatio = b.LogPeak - a.LogPeak, halfA = 0.5 / a.Variance, halfB = 0.5 / b.Variance;
        int lanes = Vector512<double>.Count, whole = values.Length / lanes * lanes;
        ref double x = ref MemoryMarshal.GetReference(values);
        var product = Vector512<double>.One;
        for (int i = 0; i < whole; i += lanes)
        {
            Add(Vector512.LoadUnsafe(ref x, (nuint)i), Vector512<double>.AllBitsSet, a.Mean, b.Mean, halfA, halfB, logRatio, ref product);
            if ((i / lanes) % Factors == Factors - 1)
            {
                logs += Vector512.Log(product);
                product = Vector512<double>.One;
            }
        }

        if (whole < values.Length)
        {
            Span<double> rest = stackalloc double[8], mask = stackalloc double[8];
            rest.Clear();
            mask.Clear();
            values[whole..].CopyTo(rest);
            mask[..(values.Length - whole)].Fill(BitConverter.UInt64BitsToDouble(ulong.MaxValue));
            Add(Vector512.Create<double>(rest), Vector512.Create<double>(mask), a.Mean, b.Mean, halfA, halfB, logRatio, ref product);
        }

        logs += Vector512.Log(product);
        LogLikelihood = a.LogPeak + (Vector512.Sum(logs) / values.Length);
    }

    /// <summary>ln(A + B) = ln A's peak + max(−uA, ln ratio − uB) + ln(1 + e).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Add(
        Vector512<double> x, Vector512<double> mask, double meanA, double meanB, double halfA, double halfB, double logRatio, ref Vector512<double> product)
    {
        var a = x - Vector512.Create(meanA);
        var b = x - Vector512.Create(meanB);
        var aa = a * a;
        var bb = b * b;
        var logA = -(aa * Vector512.Create(halfA));
        var logB = Vector512.Create(logRatio) - (bb * Vector512.Create(halfB));
        var delta = logB - logA;
        var e = Vector512.Exp(Vector512.Max(-Vector512.Abs(delta), Vector512.Create(-700.0))) & mask;
        var likelier = Vector512<double>.One / (Vector512<double>.One + e);
        var other = e * likelier;
        var isB = Vector512.GreaterThan(delta, Vector512<double>.Zero);
        var ra = Vector512.ConditionalSelect(isB, other, likelier) & mask;
        var rb = Vector512.ConditionalSelect(isB, likelier, other) & mask;
        logs += Vector512.Max(logA, logB) & mask;
        product *= Vector512<double>.One + e;
        r0 += ra;
        r1 += rb;
        first0 += ra * a;
        first1 += rb * b;
        second0 += ra * aa;
        second1 += rb * bb;
    }
}
