namespace LpcEngine.Kernels;

/// <summary>F(4×4, 3×3): 36 multiplications for 16 outputs of unit stride, instead of 144.</summary>
internal readonly unsafe struct UnitForm<TVector, TSimd> : IWinogradGradientForm where TVector : struct where TSimd : struct, Simd.ISimd<TVector>
{
    public static int InputSide => 6;

    public static int InputStep => 4;

    public static int OutputSide => 4;

    public static int Positions => 36;

    public static int Filters => 36;

    public static (int First, int Count) Group(int filter) => (filter, 1);

    public static void Input(float** pixels, nint channel, float* output, nint plane) => UnitTransforms<TVector, TSimd>.Input(pixels, channel, output, plane);

    public static void Output(float* input, nint plane, float** pixels, nint channel) => UnitTransforms<TVector, TSimd>.Output(input, plane, pixels, channel);

    public static void OutputAdjoint(float** pixels, nint channel, float* output, nint plane) =>
        UnitTransforms<TVector, TSimd>.OutputAdjoint(pixels, channel, output, plane);

    public static void Filter(float* taps, nint tapH, nint tapW, float* output, nint plane) =>
        UnitFilterTransforms<TVector, TSimd>.Filter(taps, tapH, tapW, output, plane);

    public static void FilterAdjoint(float* input, nint plane, float* taps, nint tap) =>
        UnitFilterTransforms<TVector, TSimd>.FilterAdjoint(input, plane, taps, tap);
}

/// <summary>F(2×2, 3×3): 16 multiplications for 4 outputs of unit stride, instead of 36; for images that patches of 4×4 would overshoot.</summary>
internal readonly unsafe struct SmallForm<TVector, TSimd> : IWinogradGradientForm where TVector : struct where TSimd : struct, Simd.ISimd<TVector>
{
    public static int InputSide => 4;

    public static int InputStep => 2;

    public static int OutputSide => 2;

    public static int Positions => 16;

    public static int Filters => 16;

    public static (int First, int Count) Group(int filter) => (filter, 1);

    public static void Input(float** pixels, nint channel, float* output, nint plane) => SmallTransforms<TVector, TSimd>.Input(pixels, channel, output, plane);

    public static void Output(float* input, nint plane, float** pixels, nint channel) => SmallTransforms<TVector, TSimd>.Output(input, plane, pixels, channel);

    public static void OutputAdjoint(float** pixels, nint channel, float* output, nint plane) =>
        SmallTransforms<TVector, TSimd>.OutputAdjoint(pixels, channel, output, plane);

    public static void Filter(float* taps, nint tapH, nint tapW, float* output, nint plane) =>
        SmallTransforms<TVector, TSimd>.Filter(taps, tapH, tapW, output, plane);

    public static void FilterAdjoint(float* input, nint plane, float* taps, nint tap) => SmallTransforms<TVector, TSimd>.FilterAdjoint(input, plane, taps, tap);
}

/// <summary>A 3×3 filter of stride 2: 81 multiplications for 16 outputs, instead of 144.</summary>
/// <remarks>
/// Along an axis, y[p] = w₁·x[2p + 1] + (w₀·x[2p] + w₂·x[2p + 2]): one tap on the odd inputs, which nothing can make cheaper, and two taps
/// on the even ones, F(4, 2) (5 multiplications for 4 outputs; see <see cref="StridedMaps{TVector, TSimd}"/>). So 4 outputs of 9 inputs take
/// 5 + 4 multiplications by 5 + 1 different filters; along both axes 9² by 6².
/// <para>Positions lie in the order of their filters: 5×5 of two pairs of taps each, 5 filters of 4 positions each with the single tap along
/// the columns, 5 with it along the rows, and 16 positions with the filter's centre.</para>
/// </remarks>
internal readonly unsafe struct StridedForm<TVector, TSimd> : IWinogradGradientForm where TVector : struct where TSimd : struct, Simd.ISimd<TVector>
{
    public static int InputSide => 9;

    public static int InputStep => 8;

    public static int OutputSide => 4;

    public static int Positions => StridedPositions.Count;

    public static int Filters => StridedPositions.Filters;

    public static (int First, int Count) Group(int filter) => StridedPositions.Group(filter);

    public static void Input(float** pixels, nint channel, float* output, nint plane) =>
        StridedTransforms<TVector, TSimd>.Input(pixels, channel, output, plane);

    public static void Output(float* input, nint plane, float** pixels, nint channel) =>
        StridedTransforms<TVector, TSimd>.Output(input, plane, pixels, channel);

    public static void OutputAdjoint(float** pixels, nint channel, float* output, nint plane) =>
        StridedTransforms<TVector, TSimd>.OutputAdjoint(pixels, channel, output, plane);

    public static void Filter(float* taps, nint tapH, nint tapW, float* output, nint plane) =>
        StridedFilterTransforms<TVector, TSimd>.Filter(taps, tapH, tapW, output, plane);

    public static void FilterAdjoint(float* input, nint plane, float* taps, nint tap) =>
        StridedFilterTransforms<TVector, TSimd>.FilterAdjoint(input, plane, taps, tap);
}

/// <summary>The input gradient of a 3×3 filter of stride 2 and padding 1: 81 multiplications for 8×8 of its outputs, instead of 144.</summary>
/// <remarks>
/// Along an axis, dx[2i] = w₁·dy[i] and dx[2i + 1] = w₂·dy[i] + w₀·dy[i + 1]: again one tap and two, on 5 gradients for 8 outputs. The maps
/// take the filter turned round (w₂, w₁, w₀); positions and filters are those of <see cref="StridedForm{TVector, TSimd}"/>.
/// </remarks>
internal readonly unsafe struct StridedGradientForm<TVector, TSimd> : IWinogradForm where TVector : struct where TSimd : struct, Simd.ISimd<TVector>
{
    public static int InputSide => 5;

    public static int InputStep => 4;

    public static int OutputSide => 8;

    public static int Positions => StridedPositions.Count;

    public static int Filters => StridedPositions.Filters;

    public static (int First, int Count) Group(int filter) => StridedPositions.Group(filter);

    public static void Input(float** pixels, nint channel, float* output, nint plane) =>
        StridedGradientTransforms<TVector, TSimd>.Input(pixels, channel, output, plane);

    public static void Output(float* input, nint plane, float** pixels, nint channel) =>
        StridedGradientTransforms<TVector, TSimd>.Output(input, plane, pixels, channel);

    public static void Filter(float* taps, nint tapH, nint tapW, float* output, nint plane) =>
        StridedFilterTransforms<TVector, TSimd>.Filter(taps, tapH, tapW, output, plane);
}
