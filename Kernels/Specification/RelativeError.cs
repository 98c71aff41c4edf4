namespace LpcEngine.Kernels;

/// <summary>How far an array is from what it should be.</summary>
internal static class RelativeError
{
    /// <summary>‖a − b‖/‖b‖ in double precision; ‖a‖ when b is zero; NaN in one of them alone gives infinity, in both no error.</summary>
    public static double Of(ReadOnlySpan<float> actual, ReadOnlySpan<double> expected)
    {
        double difference = 0, norm = 0;
        for (var i = 0; i < expected.Length; i++)
        {
            if (double.IsNaN(expected[i]) && float.IsNaN(actual[i])) continue;
            difference += (actual[i] - expected[i]) * (actual[i] - expected[i]);
            norm += expected[i] * expected[i];
        }
        if (double.IsNaN(difference)) return double.PositiveInfinity;
        return norm == 0 ? Math.Sqrt(difference) : Math.Sqrt(difference / norm);
    }
}
