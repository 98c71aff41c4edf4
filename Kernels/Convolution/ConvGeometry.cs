using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>The sizes of a 2-D convolution: input [N, H, W, C], weight [R, S, C, K], output [N, P, Q, K].</summary>
/// <param name="N">Images.</param>
/// <param name="H">Input height.</param>
/// <param name="W">Input width.</param>
/// <param name="C">Input channels.</param>
/// <param name="K">Output channels.</param>
/// <param name="R">Filter height.</param>
/// <param name="S">Filter width.</param>
/// <param name="Stride">Input pixels from one output pixel to the next, in both directions; at least 1.</param>
/// <param name="Padding">Zeros around the input on all four sides; at least 0.</param>
public readonly record struct ConvGeometry(int N, int H, int W, int C, int K, int R, int S, int Stride, int Padding)
{
    /// <summary>Output height.</summary>
    public int P => (H + 2 * Padding - R) / Stride + 1;

    /// <summary>Output width.</summary>
    public int Q => (W + 2 * Padding - S) / Stride + 1;

    /// <summary>
    /// Floating-point operations of one pass by the definition of the sum, products with padding included; a multiply-add counts 2.
    /// </summary>
    public long Flops => 2L * N * P * Q * K * C * R * S;

    /// <summary>The input's shape.</summary>
    public Shape XShape => new(N, H, W, C);

    /// <summary>The weight's shape.</summary>
    public Shape WeightShape => new(R, S, C, K);

    /// <summary>The output's shape.</summary>
    public Shape YShape => new(N, P, Q, K);

    /// <summary>The geometry of two shapes, checked.</summary>
    /// <param name="x">Input, [N, H, W, C].</param>
    /// <param name="weight">Filters, [R, S, C, K].</param>
    /// <param name="stride">At least 1.</param>
    /// <param name="padding">At least 0.</param>
    /// <returns>The geometry.</returns>
    /// <exception cref="ShapeException">A rank other than 4, channels that differ, a stride or padding out of range, or a filter larger
    /// than the padded input.</exception>
    public static ConvGeometry Of(Shape x, Shape weight, int stride, int padding)
    {
        if (x.Rank != 4 || weight.Rank != 4)
            throw new ShapeException("Conv2d", $"input {x} and weight {weight} must be [N, H, W, C] and [R, S, C, K]. Images in PyTorch's NCHW order need AxisOrder first.");
        if (x[3] != weight[2])
            throw new ShapeException("Conv2d", $"input {x} has {x[3]} channels, weight {weight} expects {weight[2]}: C of [N, H, W, C] and [R, S, C, K] must be equal.");
        if (stride < 1) throw new ShapeException("Conv2d", $"stride {stride} must be at least 1 (input {x}, weight {weight}).");
        if (padding < 0) throw new ShapeException("Conv2d", $"padding {padding} must be at least 0 (input {x}, weight {weight}).");
        if (x[1] + 2L * padding < weight[0] || x[2] + 2L * padding < weight[1])
            throw new ShapeException("Conv2d", $"filter {weight[0]}×{weight[1]} does not fit into input {x[1]}×{x[2]} with padding {padding}. Use a larger image, more padding or a smaller filter.");
        return new(x[0], x[1], x[2], x[3], weight[3], weight[0], weight[1], stride, padding);
    }
}
