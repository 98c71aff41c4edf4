namespace LpcEngine.Kernels;

/// <summary>The per-channel constants that forward computes and saves for backward: a tensor of five rows of C floats.</summary>
/// <remarks>
/// The mean is kept as the sum of two floats. With a mean of 10⁴ deviations one float would be off by up to 10⁴·2⁻²⁴ = 6·10⁻⁴ deviations,
/// and so would every output; x − High is exact near the mean, and the small rest goes into the offset: (x − mean)·scale + bias = (x −
/// High)·Scale + Offset.
/// </remarks>
internal static class BatchNormConstants
{
    /// <summary>Number of rows.</summary>
    public const int Rows = 5;

    /// <summary>Row: the mean, rounded.</summary>
    public const int High = 0;

    /// <summary>Row: weight/√(variance + ε).</summary>
    public const int Scale = 1;

    /// <summary>Row: bias − Low·Scale.</summary>
    public const int Offset = 2;

    /// <summary>Row: 1/√(variance + ε).</summary>
    public const int Inverse = 3;

    /// <summary>Row: the mean minus High.</summary>
    public const int Low = 4;
}
