using System.Runtime.Intrinsics;
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
    private readonly ParallelOptions parallelism;

    /// <summary>Latents in float, as the engine makes them.</summary>
    /// <param name="latents">[N, d], row by row.</param>
    /// <param name="dimensions">d.</param>
    /// <param name="labels">[N], each from 0 to the number of classes less one.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="threads">How many threads measure; 0 means all cores. Any number gives the same bits.</param>
    /// <exception cref="UserErrorException">The lengths do not fit, or a label is out of range.</exception>
    public LatentSet(float[] latents, int dimensions, int[] labels, int classes, int threads = 0)
        : this(latents, null, dimensions, labels, classes, threads)
    {
    }

    /// <summary>Latents in double, from elsewhere.</summary>
    /// <inheritdoc cref="LatentSet(float[], int, int[], int, int)"/>
    public LatentSet(double[] latents, int dimensions, int[] labels, int classes, int threads = 0)
        : this(null, latents, dimensions, labels, classes, threads)
    {
    }

    private LatentSet(float[]? floats, double[]? doubles, int dimensions, int[] labels, int classes, int threads)
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

        parallelism = new ParallelOptions { MaxDegreeOfParallelism = threads > 0 ? threads : Environment.ProcessorCount };
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

    /// <summary>Whether the latents are stored as float.</summary>
    public bool IsFloat => _floats is not null;

    /// <summary>These samples with other labels, for definitions that group by prediction.</summary>
    public LatentSet WithLabels(int[] labels) => new(_floats, _doubles, Dimensions, labels, Classes, parallelism.MaxDegreeOfParallelism);

    /// <summary>Does the parts of some work, on as many threads as the set was given; which thread does which must not matter.</summary>
    public void For(int parts, Action<int> part) => Parallel.For(0, parts, parallelism, part);

    /// <summary>
    /// Σ_j (w_j (a_j − b_j))² of two samples. Takes differences of the latents themselves, in double: of two floats the difference is all
    /// but exact, however near they are and however far from the origin.
    /// </summary>
    public double SquaredDistance(int a, int b, ReadOnlySpan<double> weights)
    {
        int lanes = Vector512<double>.Count, d = Dimensions, j = 0;
        long rowA = (long)a * d, rowB = (long)b * d;
        var sum = Vector512<double>.Zero;
        double rest = 0;
        if (_doubles is not null)
        {
            ref double x = ref _doubles[rowA], y = ref _doubles[rowB];
            for (; j <= d - lanes; j += lanes)
            {
                var difference = (Vector512.LoadUnsafe(ref x, (nuint)j) - Vector512.LoadUnsafe(ref y, (nuint)j)) * Vector512.Create(weights[j..]);
                sum += difference * difference;
            }

            for (; j < d; j++)
            {
                double difference = (_doubles[rowA + j] - _doubles[rowB + j]) * weights[j];
                rest += difference * difference;
            }
        }
        else
        {
            ref float x = ref _floats![rowA], y = ref _floats[rowB];
            for (; j <= d - lanes; j += lanes)
            {
                var difference = (Widened(ref x, j) - Widened(ref y, j)) * Vector512.Create(weights[j..]);
                sum += difference * difference;
            }

            for (; j < d; j++)
            {
                double difference = ((double)_floats[rowA + j] - _floats[rowB + j]) * weights[j];
                rest += difference * difference;
            }
        }

        return Vector512.Sum(sum) + rest;
    }

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

    /// <summary>Copies neighbouring coordinates of all samples, one column after the other.</summary>
    public void CopyColumns(int first, int columns, double[] values)
    {
        for (int i = 0; i < Count; i++)
        {
            long at = ((long)i * Dimensions) + first;
            for (int c = 0; c < columns; c++)
            {
                values[((long)c * Count) + i] = _floats is null ? _doubles![at + c] : _floats[at + c];
            }
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

    private static Vector512<double> Widened(ref float row, int j)
    {
        var (low, high) = Vector256.Widen(Vector256.LoadUnsafe(ref row, (nuint)j));
        return Vector512.Create(low, high);
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
