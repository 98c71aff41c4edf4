using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>The transpose of a matrix: y = xᵀ. Derivative: dX = dYᵀ.</summary>
public static class TransposeOp
{
    /// <summary>Exchanges rows and columns.</summary>
    /// <param name="x">[m, n], float.</param>
    /// <returns>[n, m], of the running step.</returns>
    /// <remarks>
    /// Memory-bound: reads x once, writes y once; backward the same for the gradients. Saves nothing. A matrix product takes a transposed
    /// factor by itself (<see cref="MatMulOp.MatMul"/>); this is for what works on rows and is wanted on columns. Deterministic.
    /// </remarks>
    /// <exception cref="ShapeException">x isn't a matrix.</exception>
    public static Tensor Transpose(this Tensor x)
    {
        if (x.Shape.Rank != 2) throw new ShapeException("Transpose", $"x is {x.Shape} but must be a matrix. Tensor.View gives a tensor another shape.");
        var y = x.Device.New(new Shape(x.Shape[1], x.Shape[0]));
        Run(x, y);
        if (x.Device.Tape.Record<Node>(y, x) is { } node) node.X = x;
        return y;
    }

    private static void Run(Tensor from, Tensor to)
    {
        if (from.Device is CpuDevice cpu) TransposeCpu.Run(cpu, from, to);
        else TileProductGpu.On(from.Device).Transpose(1, from.Shape[0], from.Shape[1], from, to);
    }

    private sealed class Node : TapeNode
    {
        public Tensor X = null!;

        public override void Backward(Tensor dY, Gradients gradients)
        {
            if (!gradients.Wants(X)) return;
            var dX = gradients.Allocate(X);
            Run(dY, dX);
            gradients.Add(X, dX);
        }
    }

    /// <summary>The declaration.</summary>
    public static OpSpec Spec { get; } = new("transpose", "y = xᵀ", Bound.Memory)
    {
        Cases = [Case(1, 1), Case(1, 5), Case(7, 33), Case(64, 16), Case(131, 67) with { Toy = false }],
        Benchmarks = () => [Case(512, 10), Case(2048, 100)],
        Tolerance = 0,
    };

    private static OpCase Case(int m, int n) => new($"[{m}, {n}]", [new(new(m, n))], x => x[0].Transpose(), x => TransposeReference.Run(x[0], m, n))
    {
        Backward = (_, dY) => [TransposeReference.Run(dY, n, m)],
        Bytes = 8.0 * m * n,
        BackwardBytes = 8.0 * m * n,
    };
}
