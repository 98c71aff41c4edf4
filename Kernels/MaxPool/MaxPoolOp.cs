using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>
/// Max pooling: each output is the largest input of a square window. Its gradient goes to that input, to the first one in row-major order
/// where several are equal.
/// </summary>
public static class MaxPoolOp
{
    /// <summary>Takes maxima over windows, channel by channel.</summary>
    /// <param name="x">[N, H, W, C], floats or bf16.</param>
    /// <param name="window">Height and width of a window, at least 1.</param>
    /// <param name="stride">Distance of neighbouring windows, at least 1.</param>
    /// <param name="padding">How far windows reach over the edges, at most half the window; what lies outside never wins.</param>
    /// <returns>[N, P, Q, C] with P = ⌊(H + 2·padding − window)/stride⌋ + 1 and Q likewise, of x's type and of the running step. A
    /// NaN in a window is its maximum, the last one where there are several; the gradient goes to it.</returns>
    /// <exception cref="ShapeException">x has another rank, an argument is out of range, or the image is smaller than the
    /// window.</exception>
    /// <exception cref="KernelMissingException">x is bf16 on the cpu.</exception>
    /// <remarks>
    /// Memory-bound: reads x, writes y and the winners' positions; backward reads those and dY and writes dX, each input gathering from the
    /// windows that hold it. Saves the positions, four bytes an output (and not x). Deterministic: windows are gathered in row-major order.
    /// In bf16 maxima are exact, and a gradient is summed in floats and rounded once.
    /// Conventions as in PyTorch's MaxPool2d.
    /// </remarks>
    public static Tensor MaxPool(this Tensor x, int window = 3, int stride = 2, int padding = 1)
    {
        if (x.Shape.Rank != 4) throw new ShapeException("MaxPool", $"x is {x.Shape}; it must be [N, H, W, C].");
        if (window < 1 || stride < 1 || padding < 0 || padding > window / 2)
            throw new ShapeException("MaxPool", $"window {window}, stride {stride}, padding {padding}: window and stride must be at least 1, the padding 0 to half the window.");
        if (x.Shape[1] + 2 * padding < window || x.Shape[2] + 2 * padding < window)
            throw new ShapeException("MaxPool", $"x is {x.Shape}, with padding {padding} smaller than the window of {window}; use a smaller window or larger images.");
        Activations.Check("MaxPool", x);
        var sizes = new PoolWindow(x.Shape, window, stride, padding);
        var y = x.Device.New(new(sizes.N, sizes.P, sizes.Q, sizes.C), x.Type);
        var positions = x.Device.New(y.Shape);
        if (x.Device is CpuDevice cpu) MaxPoolCpu.Forward(cpu, sizes, x, y, positions);
        else MaxPoolGpu.Forward(sizes, x, y, positions);
        if (x.Device.Tape.Record<Node>(y, x) is { } node) (node.X, node.Positions, node.Sizes) = (x, positions, sizes);
        else positions.Release();
        return y;
    }

    private sealed class Node : TapeNode
    {
        public Tensor X = null!, Positions = null!;
        public PoolWindow Sizes;

        public override void Backward(Tensor dY, Gradients gradients)
        {
            if (!gradients.Wants(X)) return;
            var dX = gradients.Allocate(X);
            if (X.Device is CpuDevice cpu) MaxPoolCpu.Backward(cpu, Sizes, dY, Positions, dX);
            else MaxPoolGpu.Backward(Sizes, dY, Positions, dX);
            gradients.Add(X, dX);
        }
    }

    /// <summary>The declaration.</summary>
    public static OpSpec Spec { get; } = new("max-pool", "y = max of x over windows", Bound.Memory)
    {
        Cases =
        [
            Case(new(2, 9, 9, 5)), Case(new(1, 7, 4, 3)), Case(new(2, 5, 8, 20)), Case(new(1, 6, 5, 7), 2, 2, 0), Case(new(1, 5, 6, 2), 3, 1, 1), Case(new(1, 8, 7, 4), 2, 3, 1), Case(new(2, 7, 6, 12), 3, 2, 1),
            Case(new(2, 1, 1, 9)), Case(new(1, 9, 5, 1), 5, 2, 2), Case(new(2, 17, 13, 40)) with { Toy = false },
            // Ties: values 0, 1 and 2 only. Central differences mean nothing there; the kernels must agree with the reference.
            Ties(new(2, 9, 6, 19), 3, 2, 1), Ties(new(1, 5, 5, 4), 3, 1, 1), WithNaN(new(2, 9, 6, 19), 3, 2, 1), WithNaN(new(2, 9, 6, 20), 3, 2, 1), WithNaN(new(1, 6, 5, 3), 2, 1, 0),
        ],
        Benchmarks = () => [Case(new(32, 112, 112, 64))],
        Tolerance = 1e-6,
        MorePrecisions = OpSpec.Bf16OnGpus,
    };

    // A hundredth between any two values keeps the central differences on one side of every kink.
    private static OpCase Case(Shape shape, int window = 3, int stride = 2, int padding = 1) =>
        Case(shape, window, stride, padding, OpInput.Distinct(shape.Count, 0.01));

    private static OpCase Ties(Shape shape, int window, int stride, int padding)
    {
        var tied = Case(shape, window, stride, padding, OpInput.Whole(3));
        return tied with { Label = tied.Label + " with ties", HasKinks = true };
    }

    // Often more than one in a window, before and after larger numbers.
    private static OpCase WithNaN(Shape shape, int window, int stride, int padding)
    {
        var some = Case(shape, window, stride, padding, (random, i) => random.Next(4) == 0 ? double.NaN : OpInput.Normal(1)(random, i));
        return some with { Label = some.Label + " with NaN", HasKinks = true };
    }

    private static OpCase Case(Shape shape, int window, int stride, int padding, Func<Random, int, double> draw)
    {
        var sizes = new PoolWindow(shape, window, stride, padding);
        double outputs = (double)sizes.N * sizes.P * sizes.Q * sizes.C;
        return new OpCase(
            $"{shape} window {window} stride {stride} padding {padding}", [new(shape) { Draw = draw, Step = 1e-4, IsActivation = true }],
            x => x[0].MaxPool(window, stride, padding), x => MaxPoolReference.Forward(sizes, x[0]).Y)
        {
            Backward = (x, dY) => [MaxPoolReference.Backward(sizes, x[0], dY)],
            Bytes = 4 * (shape.Count + 2 * outputs),
            BackwardBytes = 4 * (shape.Count + 2 * outputs),
        };
    }
}
