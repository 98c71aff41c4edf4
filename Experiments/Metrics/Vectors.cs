using System.Numerics;
using System.Runtime.InteropServices;

namespace LpcEngine.Experiments.Metrics;

/// <summary>The few vector sums that the measurements need, in double.</summary>
internal static class Vectors
{
    /// <summary>a · b.</summary>
    public static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        var va = MemoryMarshal.Cast<double, Vector<double>>(a);
        var vb = MemoryMarshal.Cast<double, Vector<double>>(b);
        var sum = Vector<double>.Zero;
        for (int i = 0; i < va.Length; i++)
        {
            sum += va[i] * vb[i];
        }

        double total = Vector.Sum(sum);
        for (int j = va.Length * Vector<double>.Count; j < a.Length; j++)
        {
            total += a[j] * b[j];
        }

        return total;
    }

    /// <summary>‖a − b‖². Subtracts first: ‖a‖² + ‖b‖² − 2ab would lose all digits inside a collapsed cluster.</summary>
    public static double SquaredDistance(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        var va = MemoryMarshal.Cast<double, Vector<double>>(a);
        var vb = MemoryMarshal.Cast<double, Vector<double>>(b);
        var sum = Vector<double>.Zero;
        for (int i = 0; i < va.Length; i++)
        {
            var difference = va[i] - vb[i];
            sum += difference * difference;
        }

        double total = Vector.Sum(sum);
        for (int j = va.Length * Vector<double>.Count; j < a.Length; j++)
        {
            total += (a[j] - b[j]) * (a[j] - b[j]);
        }

        return total;
    }

    /// <summary>‖a‖.</summary>
    public static double Norm(ReadOnlySpan<double> a) => Math.Sqrt(Dot(a, a));

    /// <summary>Mean and population standard deviation; NaN for nothing.</summary>
    public static (double Mean, double Std) MeanAndStd(ReadOnlySpan<double> values)
    {
        double sum = 0, squares = 0;
        foreach (double value in values)
        {
            sum += value;
        }

        double mean = sum / values.Length;
        foreach (double value in values)
        {
            squares += (value - mean) * (value - mean);
        }

        return (mean, Math.Sqrt(squares / values.Length));
    }
}
