namespace LpcEngine.Experiments.Metrics;

/// <summary>A mixture of two Gaussians fitted to one standardised coordinate.</summary>
/// <param name="Score">Mean log-likelihood under the mixture, weights included (paper eq. 11).</param>
/// <param name="First">The lower component, unless the fit has crossed them.</param>
/// <param name="Second">The other.</param>
/// <param name="Iterations">Rounds of EM.</param>
internal readonly record struct TwoPeaksFit(double Score, MixtureComponent First, MixtureComponent Second, int Iterations)
{
    /// <summary>(σ₁ + σ₂)/2 (paper eq. 12).</summary>
    public double Sigma => (Math.Sqrt(First.Variance) + Math.Sqrt(Second.Variance)) / 2;

    /// <summary>|μ₁ − μ₂| / σ (paper eq. 13).</summary>
    public double Distance => Math.Abs(First.Mean - Second.Mean) / Sigma;
}

/// <summary>Fits two Gaussians to a column of numbers by expectation–maximisation, with the settings of the paper's code (§4.3).</summary>
/// <remarks>
/// Start: the best split into two groups (k-means with k = 2; in one dimension the sorted column has only N − 1 splits, so it is the true
/// optimum, not one that depends on a random start). Then rounds of EM until the mean log-likelihood changes by less than 10⁻³, 100 at
/// most; every variance is raised by 10⁻⁶. The score is that of the final components. A constant column gives two equal
/// components of the least variance: score −½ ln(2π·10⁻⁶) ≈ 5.99, distance 0.
/// </remarks>
internal static class TwoPeaks
{
    private const double Tolerance = 1e-3, VarianceFloor = 1e-6;
    private const int MostIterations = 100;

    /// <summary>Standardises and fits.</summary>
    /// <param name="column">The values, without NaN; sorted and standardised on return.</param>
    public static TwoPeaksFit Fit(Span<double> column)
    {
        column.Sort();
        Standardise(column);
        var (a, b) = Start(column);
        double before = double.NegativeInfinity;
        int iteration = 0;
        while (iteration < MostIterations)
        {
            iteration++;
            var sums = MixtureSums.Over(column, a, b);
            (a, b) = (sums.First(a, column.Length, VarianceFloor), sums.Second(b, column.Length, VarianceFloor));
            if (Math.Abs(sums.LogLikelihood - before) < Tolerance)
            {
                break;
            }

            before = sums.LogLikelihood;
        }

        return new TwoPeaksFit(MixtureSums.Over(column, a, b).LogLikelihood, a, b, iteration);
    }

    /// <summary>Of a sorted column. Relative to its first value, so that a constant column becomes zeros and not amplified rounding.</summary>
    private static void Standardise(Span<double> column)
    {
        double first = column[0], shift = 0, squares = 0;
        foreach (double x in column)
        {
            shift += (x - first) / column.Length;
        }

        foreach (double x in column)
        {
            squares += (x - first - shift) * (x - first - shift);
        }

        double deviation = Math.Sqrt(squares / column.Length);
        double factor = deviation > 0 ? 1 / deviation : 1;
        for (int i = 0; i < column.Length; i++)
        {
            column[i] = (column[i] - first - shift) * factor;
        }
    }

    private static (MixtureComponent A, MixtureComponent B) Start(ReadOnlySpan<double> sorted)
    {
        int split = BestSplit(sorted);
        return split == 0 ? (Group(sorted, sorted.Length, 0.5), Group(sorted, sorted.Length, 0.5)) : (Group(sorted[..split], sorted.Length), Group(sorted[split..], sorted.Length));
    }

    private static MixtureComponent Group(ReadOnlySpan<double> members, int count, double share = 1)
    {
        var (mean, std) = Vectors.MeanAndStd(members);
        return new MixtureComponent(share * members.Length / count, mean, (std * std) + VarianceFloor);
    }

    /// <summary>
    /// How many values belong to the lower of two groups with the least sum of squares: that with the largest n₁m₁² + n₂m₂². 0 when all are
    /// equal. Equal values stay together.
    /// </summary>
    private static int BestSplit(ReadOnlySpan<double> sorted)
    {
        double total = 0, lower = 0, most = double.NegativeInfinity;
        foreach (double x in sorted)
        {
            total += x;
        }

        int best = 0;
        for (int n = 1; n < sorted.Length; n++)
        {
            lower += sorted[n - 1];
            if (sorted[n] == sorted[n - 1])
            {
                continue;
            }

            double upper = total - lower, between = (lower * lower / n) + (upper * upper / (sorted.Length - n));
            (most, best) = between > most ? (between, n) : (most, best);
        }

        return best;
    }
}
