using MathNet.Numerics;

namespace LpcEngine.Experiments.Metrics;

/// <summary>Differential entropy of the latents, estimated from distances to neighbours.</summary>
/// <param name="PerDim">Of the standardised latents, divided by d: the paper's number. NaN when there are not more than k samples.</param>
/// <param name="Raw">Of the latents as they are, in nats, not divided.</param>
/// <param name="Near">Samples whose k-th neighbour is so near (raw) that the added 10⁻¹⁰ changes the logarithm by more than 1 %.</param>
internal sealed record LatentEntropyResult(double PerDim, double Raw, int Near);

/// <summary>
/// Kozachenko–Leonenko entropy (paper §4.1), natural logarithm: H = ψ(N) − ψ(k) + ln V_d + d · mean ln(r_i + 10⁻¹⁰), where r_i is the
/// Euclidean distance of sample i to its k-th neighbour, itself not counted, and V_d = π^(d/2) / Γ(d/2 + 1) the volume of the unit ball.
/// </summary>
/// <remarks>
/// As in the authors' code the main number standardises each coordinate first and divides H by d, with k = 20. Their code for d &gt; 512
/// takes squared distances for distances; this one takes roots for every d. Distances are exact (<see cref="NeighbourSearch"/>).
/// The 10⁻¹⁰ keeps coinciding points finite; it also means that H(cz) = H(z) + d ln c holds only while r is well above it.
/// </remarks>
internal static class LatentEntropy
{
    /// <summary>The neighbour that the paper's code uses.</summary>
    public const int Neighbours = 20;

    private const double Least = 1e-10;

    /// <summary>Measures a set with the k-th neighbour.</summary>
    public static LatentEntropyResult Measure(LatentSet latents, int neighbours = Neighbours)
    {
        if (!latents.IsSound || latents.Count <= neighbours)
        {
            return new LatentEntropyResult(double.NaN, double.NaN, 0);
        }

        int d = latents.Dimensions;
        double[] one = new double[d];
        Array.Fill(one, 1.0);
        double[] raw = NeighbourSearch.Distances(latents, one, neighbours);
        double[] standardised = NeighbourSearch.Distances(latents, Standardisation.Of(latents).Weights, neighbours);
        return new LatentEntropyResult(
            Estimate(standardised, d, neighbours) / d, Estimate(raw, d, neighbours), raw.Count(r => r < 100 * Least));
    }

    private static double Estimate(double[] distances, int d, int neighbours)
    {
        double volume = (d / 2.0 * Math.Log(Math.PI)) - SpecialFunctions.GammaLn((d / 2.0) + 1);
        double logarithms = distances.Sum(r => Math.Log(r + Least)) / distances.Length;
        return SpecialFunctions.DiGamma(distances.Length) - SpecialFunctions.DiGamma(neighbours) + volume + (d * logarithms);
    }
}
