using System.Globalization;
using LpcEngine.Engine;
using LpcEngine.Kernels;

namespace LpcEngine.Benchmarks.Acceptance;

/// <summary>What a convolution's kernel finds out about its channels on the way (<see cref="Conv2dOp.Conv2dMeasured"/>), against mean and variance in double precision of what it has stored.</summary>
internal static class StatisticsCheck
{
    // Of a channel's standard deviation, and of its variance.
    private const double Tolerance = 1e-5;

    private static readonly ConvGeometry[] Small = [new(2, 9, 8, 16, 24, 3, 3, 1, 1), new(3, 12, 12, 64, 80, 3, 3, 1, 1), new(2, 7, 9, 32, 72, 1, 1, 1, 0)];

    // Tiles of 128×64 and of 128×128, with slices within taps and without.
    private static readonly ConvGeometry[] Large = [new(1, 124, 125, 64, 64, 3, 3, 1, 1), new(1, 124, 125, 96, 128, 3, 3, 1, 1), new(1, 124, 125, 72, 136, 1, 1, 1, 0)];

    /// <summary>Checks a few geometries.</summary>
    /// <param name="device">A GPU, at the precision wanted.</param>
    /// <param name="isLarge">Whether it is fast enough for large ones.</param>
    /// <returns>The worst error.</returns>
    public static Outcome Run(Device device, bool isLarge)
    {
        var geometries = isLarge ? [.. Small, .. Large] : Small;
        var (worst, where, measured) = (0.0, "", 0);
        foreach (var g in geometries)
        {
            var error = 0.0;
            device.Step(() => error = WorstError(device, g, ref measured));
            if (error < worst) continue;
            (worst, where) = (error, $"{g.XShape} ∗ {g.WeightShape}");
        }
        if (measured == 0) return Outcome.NotRun("no convolution took statistics");
        return new(worst <= Tolerance ? Verdict.Pass : Verdict.Fail,
            string.Create(CultureInfo.InvariantCulture, $"worst error {worst:g2} of {Tolerance:g2} allowed in {measured} of {geometries.Length} geometries: {where}"));
    }

    private static double WorstError(Device device, ConvGeometry g, ref int measured)
    {
        var random = new Random(7);
        Tensor x = Draw(g.XShape), weight = Draw(g.WeightShape), scale = device.New(new(g.K)), bias = device.New(new(g.K)), mean = device.New(new(g.K)), variance = device.New(new(g.K));
        device.Fill(scale, 1);
        device.Fill(bias, 0);
        device.Fill(mean, 0);
        device.Fill(variance, 0);
        var convolved = x.Conv2dMeasured(weight, g.Stride, g.Padding);
        if (convolved.Statistics is null) return 0;
        measured++;
        convolved.Values.BatchNormSwish(scale, bias, mean, variance, training: true, momentum: 1, statistics: convolved.Statistics);
        float[] stored = convolved.Values.ToFloats(), means = mean.ToFloats(), variances = variance.ToFloats();
        var worst = 0.0;
        for (var k = 0; k < g.K; k++)
        {
            var (count, sum, squares) = (stored.Length / g.K, 0.0, 0.0);
            for (var i = k; i < stored.Length; i += g.K) sum += stored[i];
            for (var i = k; i < stored.Length; i += g.K) squares += (stored[i] - sum / count) * (stored[i] - sum / count);
            var expected = squares / (count - 1);
            var error = Math.Max(Math.Abs(means[k] - sum / count) / Math.Sqrt(expected), Math.Abs(variances[k] - expected) / expected);
            worst = double.IsFinite(error) ? Math.Max(worst, error) : double.PositiveInfinity;
        }
        return worst;

        Tensor Draw(Shape shape)
        {
            var tensor = device.New(shape);
            tensor.CopyFrom<float>(Enumerable.Range(0, shape.Count).Select(_ => random.NextSingle() * 2 - 0.5f).ToArray());
            return tensor;
        }
    }
}
