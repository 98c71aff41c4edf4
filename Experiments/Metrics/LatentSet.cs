using LpcEngine.Engine;

namespace LpcEngine.Experiments.Metrics;

/// <summary>
/// Latents [N, d] with the true class of each sample: what every latent-space measurement is computed from. Class means are taken once,
/// after the global mean is subtracted, in double: inside a collapsed cluster the digits that matter are the last ones.
/// </summary>
internal sealed class LatentSet
{
    private readonly float[]? _floats;
    private readonly double[]? _doubles;

    /// <summary>Latents in float, as the engine makes them.</summary>
    public LatentSet(float[] latents, int dimensions, int[] labels, int classes)
        : this(latents, null, dimensions, labels, classes)
    {
    }

    /// <summary>Latents in double, from elsewhere.</summary>
    public LatentSet(double[] latents, int dimensions, int[] labels, int classes)
        : this(null, latents, dimensions, labels, classes)
    {
    }

    private LatentSet(float[]? floats, double[]? doubles, int dimensions, int[] labels, int classes)
    {
        long length = floats?.LongLength ?? doubles!.LongLength;
        if (dimensions < 1 || labels.Length < 1 || length != (long)labels.Length * dimensions)
        {
            throw new UserErrorException($"Latents of {length} numbers do not fit {labels.Length} labels and {dimensions} dimensions: they must be [labels, dimensions] with at least one of each.");
        }

        int wrong = Array.FindIndex(labels, l => l < 0 || l >= classes);
        if (wrong >= 0)
        {
            throw new UserErrorException($"labels[{wrong}] is {labels[wrong]}; with {classes} classes labels are 0 to {classes - 1}.");
        }

        (_floats, _doubles, Dimensions, Labels, Classes) = (floats, doubles, dimensions, labels, classes);
        ClassCounts = new int[classes];
        foreach (int label in labels)
        {
            ClassCounts[label]++;
        }

        (NonFinite, FirstNonFinite) = CountNonFinite();
        if (IsSound)
        {
            GlobalMean = RowChunks.SumRows(this, (_, row, sum) => Add(row, sum), Dimensions);
            Scale(GlobalMean, 1.0 / Count);
            CentredMeans = ComputeCentredMeans();
        }
        else
        {
            GlobalMean = new double[dimensions];
            CentredMeans = [.. Enumerable.Range(0, classes).Select(_ => new double[dimensions])];
        }
    }

    /// <summary>Number of samples, N.</summary>
    public int Count => Labels.Length;

    /// <summary>Width of the latent space, d.</summary>
    public int Dimensions { get; }

    /// <summary>Number of classes, with or without members.</summary>
    public int Classes { get; }

    /// <summary>True labels.</summary>
    public int[] Labels { get; }

    /// <summary>Members of each class.</summary>
    public int[] ClassCounts { get; }

    /// <summary>Classes that have members, in ascending order.</summary>
    public int[] Populated => [.. Enumerable.Range(0, Classes).Where(c => ClassCounts[c] > 0)];

    /// <summary>Samples with a coordinate that is NaN or infinite.</summary>
    public int NonFinite { get; }

    /// <summary>The first such sample, or −1.</summary>
    public int FirstNonFinite { get; }

    /// <summary>Whether every coordinate is a finite number. If not, every measurement is NaN: leaving samples out would flatter.</summary>
    public bool IsSound => NonFinite == 0;

    /// <summary>Mean over all samples.</summary>
    public double[] GlobalMean { get; }

    /// <summary>Mean of each class less the global mean (m_c in paper eq. 15); zeros for a class without members.</summary>
    public double[][] CentredMeans { get; }

    /// <summary>Copies one sample, widened to double.</summary>
    public void CopyRow(int sample, Span<double> row)
    {
        if (_doubles is not null)
        {
            _doubles.AsSpan(sample * Dimensions, Dimensions).CopyTo(row);
            return;
        }

        var source = _floats.AsSpan(sample * Dimensions, Dimensions);
        for (int j = 0; j < row.Length; j++)
        {
            row[j] = source[j];
        }
    }

    /// <summary>Copies one sample less the global mean.</summary>
    public void CopyCentred(int sample, Span<double> row)
    {
        CopyRow(sample, row);
        for (int j = 0; j < row.Length; j++)
        {
            row[j] -= GlobalMean[j];
        }
    }

    private double[][] ComputeCentredMeans()
    {
        // One long vector of all class sums, so that the deterministic row sum does the work.
        double[] sums = RowChunks.SumRows(
            this,
            (sample, row, sum) =>
            {
                int start = Labels[sample] * Dimensions;
                for (int j = 0; j < row.Length; j++)
                {
                    sum[start + j] += row[j] - GlobalMean[j];
                }
            },
            Classes * Dimensions);
        var means = new double[Classes][];
        for (int c = 0; c < Classes; c++)
        {
            means[c] = sums.AsSpan(c * Dimensions, Dimensions).ToArray();
            if (ClassCounts[c] > 0)
            {
                Scale(means[c], 1.0 / ClassCounts[c]);
            }
        }

        return means;
    }

    private (int Count, int First) CountNonFinite()
    {
        int count = 0, first = -1;
        for (int i = 0; i < Count; i++)
        {
            bool finite = true;
            for (int j = i * Dimensions; j < (i + 1) * Dimensions; j++)
            {
                finite &= _floats is null ? double.IsFinite(_doubles![j]) : float.IsFinite(_floats[j]);
            }

            if (!finite)
            {
                first = first < 0 ? i : first;
                count++;
            }
        }

        return (count, first);
    }

    private static void Add(ReadOnlySpan<double> row, Span<double> sum)
    {
        for (int j = 0; j < row.Length; j++)
        {
            sum[j] += row[j];
        }
    }

    private static void Scale(double[] values, double factor)
    {
        for (int j = 0; j < values.Length; j++)
        {
            values[j] *= factor;
        }
    }
}
