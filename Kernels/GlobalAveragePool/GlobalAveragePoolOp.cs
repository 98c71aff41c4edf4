using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>
/// Global average pooling: the mean of each channel over the pixels of an image. Derivative: dX = dY/(H·W) at every pixel.
/// </summary>
public static class GlobalAveragePoolOp
{
    /// <summary>Averages over height and width.</summary>
    /// <param name="x">[N, H, W, C], floats or bf16.</param>
    /// <returns>[N, C] in floats whatever x is stored as, for what follows is computed in single precision; of the running step.</returns>
    /// <exception cref="ShapeException">x has another rank.</exception>
    /// <exception cref="KernelMissingException">x is bf16 on the cpu.</exception>
    /// <remarks>Memory-bound: reads x once; backward writes dX once. Saves nothing but the shape. Deterministic: the pixels
    /// of an image are added in a fixed order, in short chains whose sums are added up in two floats: however large the image, the error
    /// stays below 10⁻⁶. The gradient of an x in bf16 is rounded once.</remarks>
    public static Tensor GlobalAveragePool(this Tensor x)
    {
        if (x.Shape.Rank != 4) throw new ShapeException("GlobalAveragePool", $"x is {x.Shape}; it must be [N, H, W, C].");
        Activations.Check("GlobalAveragePool", x);
        var y = x.Device.New(new(x.Shape[0], x.Shape[3]));
        if (x.Device is CpuDevice cpu) GlobalAveragePoolCpu.Forward(cpu, x, y);
        else GlobalAveragePoolGpu.Forward(x, y);
        if (x.Device.Tape.Record<Node>(y, x) is { } node) node.X = x;
        return y;
    }

    private sealed class Node : TapeNode
    {
        public Tensor X = null!;

        public override void Backward(Tensor dY, Gradients gradients)
        {
            if (!gradients.Wants(X)) return;
            var dX = gradients.Allocate(X);
            if (X.Device is CpuDevice cpu) GlobalAveragePoolCpu.Backward(cpu, dY, dX);
            else GlobalAveragePoolGpu.Backward(dY, dX);
            gradients.Add(X, dX);
        }
    }

    /// <summary>The declaration.</summary>
    public static OpSpec Spec { get; } = new("global-average-pool", "y = mean of x over H, W", Bound.Memory)
    {
        Cases =
        [
            Case(new(3, 4, 4, 9)), Case(new(2, 1, 1, 5)), Case(new(1, 3, 5, 1)), Case(new(2, 7, 2, 35)), Case(new(5, 4, 4, 64)), Case(new(2, 11, 13, 3)),
            Case(new(2, 4, 4, 2051)) with { Toy = false }, Case(new(3, 40, 41, 12)) with { Toy = false },
            // A long sum, all of whose additions round to one side: a single chain is wrong by a quarter of a percent.
            Case(new(1, 512, 512, 3), OpInput.Constant(0.1)) with { Label = "[1, 512, 512, 3] all 0.1", Toy = false },
        ],
        Benchmarks = () => [Case(new(128, 4, 4, 512)), Case(new(128, 4, 4, 2048))],
        Tolerance = 1e-6,
        Bf16FloatTolerance = 1e-6,
        MorePrecisions = OpSpec.Bf16OnGpus,
    };

    private static OpCase Case(Shape shape, Func<Random, int, double>? draw = null) => new(
        $"{shape}", [new(shape) { Draw = draw ?? OpInput.Normal(1, 0.5), IsActivation = true }], x => x[0].GlobalAveragePool(),
        x => GlobalAveragePoolReference.Forward(x[0], shape[0], shape[1] * shape[2], shape[3]))
    {
        Backward = (_, dY) => [GlobalAveragePoolReference.Backward(dY, shape[0], shape[1] * shape[2], shape[3])],
        Flops = shape.Count,
        Bytes = 4.0 * (shape.Count + shape[0] * shape[3]),
        BackwardFlops = shape[0] * shape[3],
        BackwardBytes = 4.0 * (shape.Count + shape[0] * shape[3]),
    };
}
