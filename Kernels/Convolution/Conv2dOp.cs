using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>2-D convolution (cross-correlation, as in all deep-learning libraries), without bias.</summary>
/// <remarks>
/// y[n,p,q,k] = Σ_{r,s,c} x[n, p·stride + r − padding, q·stride + s − padding, c] · w[r,s,c,k], where x is 0 outside the image.
/// Derivatives: dX is the transposed sum over the output pixels that an input pixel reached, dW[r,s,c,k] = Σ_{n,p,q} x[…] · dY[n,p,q,k].
/// Source: Dumoulin and Visin, A guide to convolution arithmetic, arXiv:1603.07285.
/// </remarks>
public static partial class Conv2dOp
{
    // See the remarks of Conv2d; the test WinogradAccuracy asserts it.
    internal static double WinogradError(int channels) => (1 + channels / 1024.0) * 1e-6;

    /// <summary>Convolves images with a bank of filters.</summary>
    /// <param name="x">Images, [N, H, W, C]: floats, or on GPU devices bf16.</param>
    /// <param name="weight">Filters, [R, S, C, K], float.</param>
    /// <param name="stride">Input pixels from one output pixel to the next, in both directions; at least 1.</param>
    /// <param name="padding">Zeros around the image on all four sides; at least 0.</param>
    /// <returns>[N, P, Q, K] with P = ⌊(H + 2·padding − R)/stride⌋ + 1 and Q likewise; of the running step. Bf16 where x is or <see cref="Device.Precision"/> says so: here floats become bf16, and
    /// all operations that follow keep to it. Else floats.</returns>
    /// <remarks>
    /// Compute-bound: 2·N·P·Q·K·R·S·C operations forward and as many for each gradient. Saves x and weight (references, no copies).
    /// <para>
    /// Scratch. On the GPU copies of the weights with C and K exchanged, in bf16 also as they are, in one of the passes forward and to the input's gradient or in both: of a weight in a <see cref="ParameterGroup"/>
    /// together with the group's other filters, by one launch in each step that needs them, kept until the step ends; of others alone. For the weight gradient partial sums;
    /// in bf16 without tensor cores copies in floats of what is in bf16; where minimal filtering is used (below) 36/16 of the numbers of input and output, with patches rounded up to whole ones (at most 256 MiB at a time,
    /// or of eight images; for the weight gradient at most 1 GiB), and 36/9 of the weights. Those are given back at once. On the CPU, kept for the next call: the weights once more, packed in panels; where minimal filtering is used (below) transformed
    /// instead, 36/9 of their size (16/9 for 2×2 patches; of filters too large for the cache a panel for each thread), and with few patches
    /// the transformed input, 36/16 of its (16/4; with stride 2 81/64); for the weight gradient up to 16 copies of dW, with K rounded up to whole vectors and, where C isn't a multiple of 8, R·S·C
    /// up to the next one.
    /// </para>
    /// <para>
    /// Accuracy. The CPU computes 3×3 filters, where both channel counts are multiples of 4 and it is less work, by minimal filtering
    /// (Winograd's): with unit stride F(4×4, 3×3), or F(2×2, 3×3) for images that patches of 4×4 overshoot; with stride 2 and padding 1 in
    /// patches of 4×4 outputs and of 8×8 input gradients. GPUs compute F(4×4, 3×3) with unit stride and at most two pixels of padding, in floats at precision fp32, where both channel counts are multiples of 16 and it is less work.
    /// An output's error is then relative to the largest values that its patch reads, not to those that the output itself reads: at most (1 + C/1024)·10⁻⁶ · Σ over c of max|x over the patch, c| · Σ|w over the taps, c, k|
    /// (largest measured on inputs chosen against it: with 64 channels 6.5·10⁻⁷ for F(4×4, 3×3), 1.1·10⁻⁷ for the others, with 512 1.3·10⁻⁶, with 2048 2.4·10⁻⁶), and the input gradient's likewise with dY and K
    /// in place of x. Beside one pixel of 10⁸, outputs of 1 in the same patch have no correct digit. A NaN or an infinity makes up to all
    /// outputs of each patch that reads it NaN or infinite, and the weight gradient's error is relative to its patches in the same way. All
    /// other convolutions are direct sums, whose error is relative to the terms. The environment variable LPC_WINOGRAD =
    /// off makes all convolutions direct.
    /// </para>
    /// <para>
    /// Precision. In tf32 and bf16 the factors, filters included, are rounded to 11 and 8 bits of mantissa, products are added in single precision, on CUDA by tensor cores, and bf16 results are
    /// rounded once; dW is in floats. That is so where both channel counts are multiples of 4 (tf32) or 8 (bf16), which 16 bytes hold. Other convolutions, such as the first of a network with
    /// its three channels, work in floats, and only their results are rounded.
    /// </para>
    /// <para>
    /// Deterministic: sums are cut by shape alone and added in a fixed order. How y and dX are computed doesn't depend on N: an image gives
    /// the same bits alone and in any batch.
    /// </para>
    /// </remarks>
    /// <exception cref="KernelMissingException">x is bf16 on the cpu.</exception>
    /// <exception cref="ShapeException">Shapes, stride or padding break the rules of <see cref="ConvGeometry.Of"/>.</exception>
    public static Tensor Conv2d(this Tensor x, Tensor weight, int stride = 1, int padding = 0) => Run(x, weight, stride, padding, measured: false).Values;

    /// <summary>The same, for a batch normalisation in training that follows: a GPU's kernel finds out the statistics of the channels while it has them in registers, and saves the normalisation one of its two readings.</summary>
    /// <param name="x">Images, [N, H, W, C].</param>
    /// <param name="weight">Filters, [R, S, C, K].</param>
    /// <param name="stride">At least 1.</param>
    /// <param name="padding">At least 0.</param>
    /// <returns>What <see cref="Conv2d"/> returns, to the bit. Statistics are missing on the CPU, for a result in bf16 that isn't computed as such, and for one by minimal filtering in
    /// patches that overshoot the image (see the remarks there).</returns>
    /// <remarks>The statistics take 3·K floats of the running step for each 128 or 64 pixels, which the normalisation gives back.</remarks>
    /// <exception cref="KernelMissingException">x is bf16 on the cpu.</exception>
    /// <exception cref="ShapeException">Shapes, stride or padding break the rules of <see cref="ConvGeometry.Of"/>.</exception>
    public static Measured Conv2dMeasured(this Tensor x, Tensor weight, int stride = 1, int padding = 0) => Run(x, weight, stride, padding, measured: true);

    private static Measured Run(Tensor x, Tensor weight, int stride, int padding, bool measured)
    {
        var g = ConvGeometry.Of(x.Shape, weight.Shape, stride, padding);
        Activations.Check("Conv2d", x);
        var y = x.Device.New(g.YShape, x.Device.Precision == Precision.Bf16 ? DType.BFloat16 : x.Type);
        var statistics = Forward(g, x, weight, y, measured);
        if (x.Device.Tape.Record<Node>(y, x, weight) is { } node) (node.X, node.Weight, node.Geometry) = (x, weight, g);
        return new(y, statistics);
    }

    /// <summary>The forward pass alone: overwrites y.</summary>
    internal static unsafe ChannelStatistics? Forward(in ConvGeometry g, Tensor x, Tensor weight, Tensor y, bool measured = false)
    {
        if (x.Device is not CpuDevice cpu) return Conv2dGpu.On(x.Device).Forward(g, x, weight, y, measured);
        Conv2dCpu.Forward(cpu.Pool, g, CpuDevice.Floats(x), CpuDevice.Floats(weight), CpuDevice.Floats(y));
        return null;
    }

    /// <summary>The gradient of x alone: overwrites dX, or adds to it where <see cref="CanAdd"/> says so.</summary>
    internal static unsafe void BackwardInput(in ConvGeometry g, Tensor dY, Tensor weight, Tensor dX, bool add = false)
    {
        if (dY.Device is CpuDevice cpu) Conv2dCpu.BackwardInput(cpu.Pool, g, CpuDevice.Floats(dY), CpuDevice.Floats(weight), CpuDevice.Floats(dX), add);
        else Conv2dGpu.On(dY.Device).BackwardInput(g, dY, weight, dX, add);
    }

    /// <summary>The gradient of the weight alone: overwrites dW.</summary>
    internal static unsafe void BackwardWeight(in ConvGeometry g, Tensor x, Tensor dY, Tensor dW)
    {
        if (x.Device is CpuDevice cpu) Conv2dCpu.BackwardWeight(cpu.Pool, g, CpuDevice.Floats(x), CpuDevice.Floats(dY), CpuDevice.Floats(dW));
        else Conv2dGpu.On(x.Device).BackwardWeight(g, x, dY, dW);
    }

    private static bool CanAdd(in ConvGeometry g, Tensor dY, Tensor dX) => dY.Device is CpuDevice ? Conv2dCpu.CanAdd(g) : Conv2dGpu.CanAdd(g, dY.Type, dX.Type);

    private sealed class Node : TapeNode
    {
        public Tensor X = null!, Weight = null!;
        public ConvGeometry Geometry;

        public override void Backward(Tensor dY, Gradients gradients)
        {
            if (gradients.Wants(Weight))
            {
                var dW = gradients.Allocate(Weight);
                BackwardWeight(Geometry, X, dY, dW);
                gradients.Add(Weight, dW);
            }
            // The first layer's images rarely want a gradient: its third of the cost falls away here.
            if (!gradients.Wants(X)) return;
            // A shortcut's gradient is there first: adding to it while it is written saves a pass over memory.
            if (gradients.TryGetSum(X, out var sum) && CanAdd(Geometry, dY, sum))
            {
                BackwardInput(Geometry, dY, Weight, sum, add: true);
                return;
            }
            var dX = gradients.Allocate(X);
            BackwardInput(Geometry, dY, Weight, dX);
            gradients.Add(X, dX);
        }
    }
}
