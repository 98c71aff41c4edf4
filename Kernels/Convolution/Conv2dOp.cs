using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>2-D convolution (cross-correlation, as in all deep-learning libraries), without bias.</summary>
/// <remarks>
/// y[n,p,q,k] = Σ_{r,s,c} x[n, p·stride + r − padding, q·stride + s − padding, c] · w[r,s,c,k], where x is 0 outside the image. Derivatives:
/// dX is the transposed sum over the output pixels that an input pixel reached, dW[r,s,c,k] = Σ_{n,p,q} x[…] · dY[n,p,q,k].
/// Source: Dumoulin and Visin, A guide to convolution arithmetic, arXiv:1603.07285.
/// </remarks>
public static partial class Conv2dOp
{
    /// <summary>Convolves images with a bank of filters.</summary>
    /// <param name="x">Images, [N, H, W, C], float.</param>
    /// <param name="weight">Filters, [R, S, C, K], float.</param>
    /// <param name="stride">Input pixels from one output pixel to the next, in both directions; at least 1.</param>
    /// <param name="padding">Zeros around the image on all four sides; at least 0.</param>
    /// <returns>[N, P, Q, K] with P = ⌊(H + 2·padding − R)/stride⌋ + 1 and Q likewise; of the running step.</returns>
    /// <remarks>
    /// Compute-bound: 2·N·P·Q·K·R·S·C operations forward and as many for each gradient. Saves x and weight (references, no copies). On the GPU
    /// the input gradient takes a transposed copy of the weights, the weight gradient partial sums, both given back at once. Deterministic: sums
    /// are cut by shape alone and added in a fixed order.
    /// </remarks>
    /// <exception cref="ShapeException">Shapes, stride or padding break the rules of <see cref="ConvGeometry.Of"/>.</exception>
    public static Tensor Conv2d(this Tensor x, Tensor weight, int stride = 1, int padding = 0)
    {
        var g = ConvGeometry.Of(x.Shape, weight.Shape, stride, padding);
        var y = x.Device.New(g.YShape);
        Forward(g, x, weight, y);
        if (x.Device.Tape.Record<Node>(y, x, weight) is { } node) (node.X, node.Weight, node.Geometry) = (x, weight, g);
        return y;
    }

    private static unsafe void Forward(in ConvGeometry g, Tensor x, Tensor weight, Tensor y)
    {
        if (x.Device is CpuDevice cpu) Conv2dCpu.Forward(cpu.Pool, g, CpuDevice.Floats(x), CpuDevice.Floats(weight), CpuDevice.Floats(y));
        else Conv2dGpu.On(x.Device).Forward(g, x, weight, y);
    }

    private static unsafe void BackwardInput(in ConvGeometry g, Tensor dY, Tensor weight, Tensor dX)
    {
        if (dY.Device is CpuDevice cpu) Conv2dCpu.BackwardInput(cpu.Pool, g, CpuDevice.Floats(dY), CpuDevice.Floats(weight), CpuDevice.Floats(dX));
        else Conv2dGpu.On(dY.Device).BackwardInput(g, dY, weight, dX);
    }

    private static unsafe void BackwardWeight(in ConvGeometry g, Tensor x, Tensor dY, Tensor dW)
    {
        if (x.Device is CpuDevice cpu) Conv2dCpu.BackwardWeight(cpu.Pool, g, CpuDevice.Floats(x), CpuDevice.Floats(dY), CpuDevice.Floats(dW));
        else Conv2dGpu.On(x.Device).BackwardWeight(g, x, dY, dW);
    }

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
            var dX = gradients.Allocate(X);
            BackwardInput(Geometry, dY, Weight, dX);
            gradients.Add(X, dX);
        }
    }
}
