using LpcEngine.Engine;

namespace LpcEngine.Experiments.Metrics;

/// <summary>
/// Weighted latents in float for the screening of the neighbour search, with what is needed to know how wrong they are: panels of 32 points
/// each, ordered by class, the middle and the radius of each panel.
/// </summary>
/// <remarks>
/// A point is x = scale · w · (z − centre), rounded to float; the scale is the power of two that makes the largest |x| about 1, so squares do
/// not overflow. The centre is the mean, or 0 where the latents are floats of weight 1 and lose nothing. Classes are only there to put near
/// points into one panel; the last panel is filled up with copies of the last point, which <see cref="Sample"/> marks with −1.
/// Memory: 4·N·d bytes, and 8·d bytes for each panel.
/// </remarks>
internal sealed unsafe class NeighbourPanels : IDisposable
{
    private readonly long bytes;
    private readonly float* points;

    /// <summary>Packs a set without NaN.</summary>
    /// <exception cref="UserErrorException">The machine has too little memory.</exception>
    public NeighbourPanels(LatentSet latents, double[] weights)
    {
        Dimensions = latents.Dimensions;
        Count = (latents.Count + NeighbourKernel.Points - 1) / NeighbourKernel.Points;
        int[] order = [.. Enumerable.Range(0, latents.Count)];
        Array.Sort((int[])latents.Labels.Clone(), order); // which order within a class does not matter: the result does not depend on it
        Sample = new int[Count * NeighbourKernel.Points];
        Array.Fill(Sample, -1);
        order.CopyTo(Sample, 0);
        double[] centre = latents.IsFloat && weights.All(w => w == 1) ? new double[Dimensions] : latents.GlobalMean;
        Scale = ScaleOf(latents, weights, centre);
        (Middle, Radius) = (new double[Count][], new double[Count]);
        Error = new double[Sample.Length];
        bytes = (long)Count * PanelLength * sizeof(float);
        points = (float*)NativeMemory64.Allocate(bytes);
        latents.For(Count, panel => Pack(latents, weights, centre, panel, order[^1]));
        MostError = Error.Max();
    }

    /// <summary>Number of panels.</summary>
    public int Count { get; }

    /// <summary>d.</summary>
    public int Dimensions { get; }

    /// <summary>The sample at each place, −1 where a place is only filled up.</summary>
    public int[] Sample { get; }

    /// <summary>How much longer distances are here than in the weighted latents; a power of two.</summary>
    public double Scale { get; }

    /// <summary>At least how far the float point at each place is from the exact one.</summary>
    public double[] Error { get; }

    /// <summary>The largest of <see cref="Error"/>.</summary>
    public double MostError { get; }

    /// <summary>The middle of each panel's points.</summary>
    public double[][] Middle { get; }

    /// <summary>At least how far any point of a panel is from the middle.</summary>
    public double[] Radius { get; }

    private long PanelLength => (long)Dimensions * NeighbourKernel.Points;

    /// <summary>The points of a panel.</summary>
    public float* Panel(int panel) => points + (panel * PanelLength);

    /// <inheritdoc/>
    public void Dispose() => NativeMemory64.Free((byte*)points, bytes);

    private static double ScaleOf(LatentSet latents, double[] weights, double[] centre)
    {
        double[] largest = new double[latents.Count];
        RowChunks.SumRows(
            latents,
            (sample, row, _) =>
            {
                double most = 0;
                for (int j = 0; j < row.Length; j++)
                {
                    most = Math.Max(most, Math.Abs((row[j] - centre[j]) * weights[j]));
                }

                largest[sample] = most;
            },
            1);
        double all = largest.Max();
        return all > 0 && double.IsFinite(all) ? Math.ScaleB(1, Math.Clamp(-Math.ILogB(all), -1000, 1000)) : 1;
    }

    private void Pack(LatentSet latents, double[] weights, double[] centre, int panel, int filler)
    {
        int d = Dimensions;
        float* into = Panel(panel);
        double[] row = new double[d], middle = new double[d];
        for (int p = 0; p < NeighbourKernel.Points; p++)
        {
            int place = (panel * NeighbourKernel.Points) + p;
            latents.CopyRow(Sample[place] >= 0 ? Sample[place] : filler, row);
            double wrong = 0, squares = 0;
            for (int j = 0; j < d; j++)
            {
                double exact = (row[j] - centre[j]) * weights[j] * Scale;
                float rounded = (float)exact;
                into[(j * NeighbourKernel.Points) + p] = rounded;
                wrong += (exact - rounded) * (exact - rounded);
                squares += exact * exact;
                middle[j] += rounded / (double)NeighbourKernel.Points;
            }

            // "exact" is itself rounded, three times 2⁻⁵³ at most; this is more than that, and more than what the sums lose. The last term is
            // for squares that are too small for a double.
            Error[place] = (Math.Sqrt(wrong) * (1 + 1e-9)) + (Math.Sqrt(squares) * 1e-15) + (d * 1e-160);
        }

        double radius = 0;
        for (int p = 0; p < NeighbourKernel.Points; p++)
        {
            double squares = 0;
            for (int j = 0; j < d; j++)
            {
                double away = into[(j * NeighbourKernel.Points) + p] - middle[j];
                squares += away * away;
            }

            radius = Math.Max(radius, squares);
        }

        (Middle[panel], Radius[panel]) = (middle, Math.Sqrt(radius));
    }
}
