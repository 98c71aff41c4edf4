namespace LpcEngine.Experiments.Metrics;

/// <summary>A projection of latents for the eye.</summary>
/// <param name="X">Coordinate along the first principal direction.</param>
/// <param name="Y">Coordinate along the second.</param>
/// <param name="Labels">Class of each point.</param>
/// <param name="Explained">Share of the variance that the two directions hold, 0 to 1.</param>
internal sealed record Projection(double[] X, double[] Y, int[] Labels, double Explained);

/// <summary>
/// The two directions of largest variance, by subspace iteration on evenly picked samples. For pictures: where several directions have
/// (nearly) the same variance, as in perfect neural collapse, which two are shown is arbitrary, but it is always the same two.
/// </summary>
internal static class PrincipalComponents
{
    private const int Block = 4; // two more directions than are shown make the two converge quickly
    private const int Iterations = 40;

    /// <summary>Projects at most <paramref name="most"/> samples; null when some latents are NaN or infinite.</summary>
    public static Projection? Project(LatentSet latents, int most = 2000)
    {
        if (!latents.IsSound)
        {
            return null;
        }

        int n = Math.Min(most, latents.Count), d = latents.Dimensions;
        int[] picked = [.. Enumerable.Range(0, n).Select(i => (int)((long)i * latents.Count / n))];
        var rows = new double[n][];
        Parallel.For(0, n, i =>
        {
            rows[i] = new double[d];
            latents.CopyCentred(picked[i], rows[i]);
        });

        double[][] directions = StartDirections(Math.Min(Block, d), d);
        for (int iteration = 0; iteration < Iterations; iteration++)
        {
            directions = Orthonormal([.. directions.AsParallel().AsOrdered().Select(v => Apply(rows, v))]);
        }

        double[] x = Scores(rows, directions, 0), y = Scores(rows, directions, 1);
        double total = rows.Sum(r => Vectors.Dot(r, r)), shown = Vectors.Dot(x, x) + Vectors.Dot(y, y);
        if (Vectors.Dot(y, y) > Vectors.Dot(x, x))
        {
            (x, y) = (y, x);
        }

        return new Projection(x, y, [.. picked.Select(i => latents.Labels[i])], total > 0 ? shown / total : 0);
    }

    private static double[] Scores(double[][] rows, double[][] directions, int k) =>
        k < directions.Length ? [.. rows.Select(r => Vectors.Dot(r, directions[k]))] : new double[rows.Length];

    /// <summary>XᵀX v.</summary>
    private static double[] Apply(double[][] rows, double[] v)
    {
        double[] result = new double[v.Length];
        foreach (double[] row in rows)
        {
            double weight = Vectors.Dot(row, v);
            for (int j = 0; j < result.Length; j++)
            {
                result[j] += weight * row[j];
            }
        }

        return result;
    }

    private static double[][] StartDirections(int count, int d)
    {
        var directions = new double[count][];
        for (int k = 0; k < count; k++)
        {
            directions[k] = [.. Enumerable.Range(0, d).Select(j => (double)Engine.Philox.Normal(0, Engine.RandomStreams.StartDirections + (uint)k, (ulong)j))];
        }

        return Orthonormal(directions);
    }

    /// <summary>Gram–Schmidt; a direction that vanishes (fewer dimensions of variance than the block has) becomes zero.</summary>
    private static double[][] Orthonormal(double[][] vectors)
    {
        double largest = vectors.Max(v => Vectors.Norm(v));
        for (int k = 0; k < vectors.Length; k++)
        {
            for (int earlier = 0; earlier < k; earlier++)
            {
                double overlap = Vectors.Dot(vectors[k], vectors[earlier]);
                for (int j = 0; j < vectors[k].Length; j++)
                {
                    vectors[k][j] -= overlap * vectors[earlier][j];
                }
            }

            double norm = Vectors.Norm(vectors[k]);
            double scale = norm > 1e-14 * largest ? 1 / norm : 0;
            for (int j = 0; j < vectors[k].Length; j++)
            {
                vectors[k][j] *= scale;
            }
        }

        return vectors;
    }
}
