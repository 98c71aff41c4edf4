using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Factorization;

namespace LpcEngine.Experiments.Metrics;

/// <summary>
/// NC1, collapse of variability (paper eq. 15): tr(Σ_W Σ_B⁺) / C', with Σ_B = mean over the C' populated classes of m_c m_cᵀ,
/// m_c = μ_c − μ, and ⁺ the pseudo-inverse. Σ_W as in <see cref="WithinClassCovariance"/>. True labels.
/// </summary>
/// <remarks>
/// Σ_B has a rank below C' and of at most d. With no more classes than dimensions its eigenvectors come from the C' × C' matrix of the
/// m_c · m_c', so that no matrix is larger than it must be. Eigenvalues below max(d, C') · 2⁻⁵² of the largest count as zero (the relative cut-off of a pseudo-inverse in double). NaN with fewer than two
/// populated classes, with coinciding class means, or when no class has two members.
/// </remarks>
internal static class NeuralCollapseVariability
{
    /// <summary>Measures NC1.</summary>
    public static double Measure(LatentSet latents)
    {
        int[] populated = latents.Populated;
        int usable = latents.ClassCounts.Count(n => n >= 2);
        if (!latents.IsSound || populated.Length < 2 || usable == 0)
        {
            return double.NaN;
        }

        double[][] directions = WhitenedDirections(latents, populated);
        if (directions.Length == 0)
        {
            return double.NaN;
        }

        // With v_k = e_k / √λ_k: tr(Σ_W Σ_B⁺) = Σ_k v_kᵀ Σ_W v_k, the mean over classes of the deviations' squared projections.
        double[] sums = RowChunks.SumRows(
            latents,
            (sample, row, sum) =>
            {
                int c = latents.Labels[sample];
                Span<double> deviation = row.Length <= 256 ? stackalloc double[row.Length] : new double[row.Length];
                for (int j = 0; j < row.Length; j++)
                {
                    deviation[j] = row[j] - latents.GlobalMean[j] - latents.CentredMeans[c][j];
                }

                foreach (double[] direction in directions)
                {
                    double projection = Vectors.Dot(deviation, direction);
                    sum[c] += projection * projection;
                }
            },
            latents.Classes);
        double trace = 0;
        for (int c = 0; c < latents.Classes; c++)
        {
            trace += latents.ClassCounts[c] >= 2 ? sums[c] / (latents.ClassCounts[c] - 1) / usable : 0;
        }

        return trace / populated.Length;
    }

    /// <summary>Eigenvectors of Σ_B, each divided by the root of its eigenvalue.</summary>
    private static double[][] WhitenedDirections(LatentSet latents, int[] populated)
    {
        double[][] means = [.. populated.Select(c => latents.CentredMeans[c])];
        int n = means.Length, d = latents.Dimensions, rank = Math.Min(d, n - 1);
        var matrix = d < n
            ? Matrix<double>.Build.Dense(d, d, (i, j) => means.Sum(mean => mean[i] * mean[j]) / n)
            : Matrix<double>.Build.Dense(n, n, (a, b) => Vectors.Dot(means[a], means[b]) / n);
        Evd<double> evd = matrix.Evd(Symmetricity.Symmetric);
        double[] eigenvalues = [.. evd.EigenValues.Select(e => e.Real)];
        double cut = eigenvalues.Max() * Math.Max(d, n) * Math.Pow(2, -52);
        var directions = new List<double[]>();
        // In ascending order: beyond the largest possible rank there are rounding errors alone, and not all of them lie below the cut.
        for (int k = eigenvalues.Length - rank; k < eigenvalues.Length; k++)
        {
            if (eigenvalues[k] <= cut || eigenvalues[k] <= 0) continue;
            directions.Add(d < n
                ? [.. evd.EigenVectors.Column(k).Select(v => v / Math.Sqrt(eigenvalues[k]))]
                : Combined(means, evd.EigenVectors.Column(k), 1 / (Math.Sqrt(n) * eigenvalues[k])));
        }

        return [.. directions];
    }

    // Σ_B = MᵀM/n has the eigenvector Mᵀu/√(nλ) for the eigenvector u of MMᵀ/n.
    private static double[] Combined(double[][] means, Vector<double> u, double factor)
    {
        double[] direction = new double[means[0].Length];
        for (int a = 0; a < means.Length; a++)
            for (int j = 0; j < direction.Length; j++) direction[j] += factor * u[a] * means[a][j];
        return direction;
    }
}
