namespace LpcEngine.Tests;

/// <summary>How far an array is from what it should be.</summary>
internal static class RelativeError
{
    /// <summary>‖a − b‖/‖b‖ in double precision; ‖a‖ when b is zero; NaN in <paramref name="actual"/> gives infinity.</summary>
    public static double Of(ReadOnlySpan<float> actual, ReadOnlySpan<double> expected)
    {
        double difference = 0, norm = 0;
        for (var i = 0; i < expected.Length; i++)
        {
            difference += (actual[i] - expected[i]) * (actual[i] - expected[i]);
            norm += expected[i] * expected[i];
        }
        if (double.IsNaN(difference)) return double.PositiveInfinity;
        return norm == 0 ? Math.Sqrt(difference) : Math.Sqrt(difference / norm);
    }
}
