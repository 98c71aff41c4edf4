using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Factorization;

namespace LpcEngine.Experiments.Metrics;

/// <summary>
/// NC1, collapse of variability (paper eq. 15): tr(Σ_W Σ_B⁺) / C', with Σ_B = mean over the C' populated classes of m_c m_cᵀ,
/// m_c = μ_c − μ, and ⁺ the pseudo-inverse. Σ_W as in <see cref="WithinClassCovariance"/>. True labels.
/// </summary>
/// <remarks>
/// Σ_B has rank below C', so its eigenvectors come from the C' × C' matrix of the m_c · m_c' and no d × d matrix is formed.
/// Eigenvalues below d · 2⁻⁵² of the largest count as zero (the relative cut-off of a pseudo-inverse in double). NaN with fewer than two
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
        int n = populated.Length, d = latents.Dimensions;
        var gram = Matrix<double>.Build.Dense(n, n, (a, b) => Vectors.Dot(latents.CentredMeans[populated[a]], latents.CentredMeans[populated[b]]) / n);
        Evd<double> evd = gram.Evd(Symmetricity.Symmetric);
        double[] eigenvalues = [.. evd.EigenValues.Select(e => e.Real)];
        double cut = eigenvalues.Max() * Math.Max(d, n) * Math.Pow(2, -52);
        var directions = new List<double[]>();
        // Σ_B has the rank min(d, n − 1) at most: with more classes than dimensions the other eigenvalues are rounding errors, and not all of
        // them lie below the cut. They come in ascending order.
        for (int k = n - Math.Min(d, n - 1); k < n; k++)
        {
            if (eigenvalues[k] <= cut || eigenvalues[k] <= 0)
            {
                continue;
            }

            // Σ_B = MᵀM/n has the eigenvector Mᵀu/√(nλ) for the eigenvector u of MMᵀ/n.
            double[] direction = new double[d];
            for (int a = 0; a < n; a++)
            {
                double weight = evd.EigenVectors[a, k] / (Math.Sqrt(n) * eigenvalues[k]);
                for (int j = 0; j < d; j++)
                {
                    direction[j] += weight * latents.CentredMeans[populated[a]][j];
                }
            }

            directions.Add(direction);
        }

        return [.. directions];
    }
}
