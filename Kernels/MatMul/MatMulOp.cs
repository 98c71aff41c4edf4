using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Product of two matrices, either of them transposed when asked: C = op(A)·op(B).</summary>
/// <remarks>
/// Derivatives: ∂L/∂op(A) = dC·op(B)ᵀ and ∂L/∂op(B) = op(A)ᵀ·dC, transposed back where the input was
/// (Giles, An extended collection of matrix derivative results, 2008, §2.2.2).
/// </remarks>
public static class MatMulOp
{
    /// <summary>Multiplies two matrices.</summary>
    /// <param name="a">[m, k], or [k, m] when transposed; float.</param>
    /// <param name="b">[k, n], or [n, k] when transposed; float.</param>
    /// <param name="transposeA">Use aᵀ in place of a.</param>
    /// <param name="transposeB">Use bᵀ in place of b.</param>
    /// <returns>[m, n], of the running step.</returns>
    /// <remarks>
    /// Compute-bound: 2·m·n·k operations, and as many for each gradient. Saves a and b (references). On the GPU a transposed b is first
    /// copied into row order, in memory given back at once. Deterministic.
    /// </remarks>
    /// <exception cref="ShapeException">An input isn't a matrix, or the inner extents differ.</exception>
    public static Tensor MatMul(this Tensor a, Tensor b, bool transposeA = false, bool transposeB = false)
    {
        if (a.Shape.Rank != 2 || b.Shape.Rank != 2)
            throw new ShapeException("MatMul", $"{a.Shape} and {b.Shape} must both be matrices. Tensor.View gives a tensor another shape.");
        var (m, k) = transposeA ? (a.Shape[1], a.Shape[0]) : (a.Shape[0], a.Shape[1]);
        var (kOfB, n) = transposeB ? (b.Shape[1], b.Shape[0]) : (b.Shape[0], b.Shape[1]);
        if (k != kOfB)
            throw new ShapeException("MatMul", $"{a.Shape}{(transposeA ? "ᵀ" : "")} · {b.Shape}{(transposeB ? "ᵀ" : "")}: the inner extents {k} and {kOfB} must be equal. Transpose one, or swap them.");
        var c = a.Device.New(new(m, n));
        Multiply(transposeA, transposeB, m, n, k, a, b, c, null);
        if (a.Device.Tape.Record<Node>(c, a, b) is { } node)
            (node.A, node.B, node.TransposeA, node.TransposeB, node.M, node.N, node.K) = (a, b, transposeA, transposeB, m, n, k);
        return c;
    }

    /// <summary>The product without a record on the tape: what <see cref="LinearOp"/> is made of as well.</summary>
    internal static unsafe void Multiply(bool transposeA, bool transposeB, int m, int n, int k, Tensor a, Tensor b, Tensor c, Tensor? bias)
    {
        if (a.Device is CpuDevice cpu)
            MatMulCpu.Multiply(cpu.Pool, transposeA, transposeB, m, n, k, CpuDevice.Floats(a), CpuDevice.Floats(b), CpuDevice.Floats(c), bias is null ? null : CpuDevice.Floats(bias));
        else MatMulGpu.On(a.Device).Multiply(transposeA, transposeB, m, n, k, a, b, c, bias);
    }

    private sealed class Node : TapeNode
    {
        public Tensor A = null!, B = null!;
        public bool TransposeA, TransposeB;
        public int M, N, K;

        public override void Backward(Tensor dC, Gradients gradients)
        {
            if (gradients.Wants(A))
            {
                var dA = gradients.Allocate(A);
                if (TransposeA) Multiply(TransposeB, true, K, M, N, B, dC, dA, null);
                else Multiply(false, !TransposeB, M, K, N, dC, B, dA, null);
                gradients.Add(A, dA);
            }
            if (!gradients.Wants(B)) return;
            var dB = gradients.Allocate(B);
            if (TransposeB) Multiply(true, TransposeA, N, K, M, dC, A, dB, null);
            else Multiply(!TransposeA, false, K, N, M, A, dC, dB, null);
            gradients.Add(B, dB);
        }
    }

    /// <summary>The declaration.</summary>
    public static OpSpec Spec { get; } = new("mat-mul", "C = op(A)·op(B), op = identity or transpose", Bound.Compute)
    {
        Cases =
        [
            .. Transposes(1, 1, 1, toy: true), .. Transposes(2, 3, 5, toy: true), .. Transposes(17, 19, 33, toy: false), .. Transposes(128, 64, 16, toy: false), .. Transposes(140, 27, 50, toy: false),
            .. Transposes(130, 70, 100, toy: false), Case(257, 10, 512, false, true, toy: false), Case(8, 516, 1030, true, false, toy: false),
        ],
        Benchmarks = () => [Case(1024, 1024, 1024, false, false, false), Case(1024, 1024, 1024, false, true, false), Case(1024, 1024, 1024, true, false, false), Case(4096, 4096, 512, false, true, false)],
    };

    private static IEnumerable<OpCase> Transposes(int m, int n, int k, bool toy) =>
        from transposeA in new[] { false, true } from transposeB in new[] { false, true } select Case(m, n, k, transposeA, transposeB, toy);

    private static OpCase Case(int m, int n, int k, bool transposeA, bool transposeB, bool toy)
    {
        var (a, b) = (transposeA ? new Shape(k, m) : new Shape(m, k), transposeB ? new Shape(n, k) : new Shape(k, n));
        var (flops, bytes) = (2.0 * m * n * k, 4.0 * ((double)m * n + (double)m * k + (double)n * k));
        return new($"{a}{(transposeA ? "ᵀ" : "")}·{b}{(transposeB ? "ᵀ" : "")}", [new(a), new(b)], x => x[0].MatMul(x[1], transposeA, transposeB),
            x => MatMulReference.Multiply(transposeA, transposeB, m, n, k, x[0], x[1]))
        {
            Backward = (x, dY) => [MatMulReference.GradientA(transposeA, transposeB, m, n, k, x[1], dY), MatMulReference.GradientB(transposeA, transposeB, m, n, k, x[0], dY)],
            Toy = toy,
            Flops = flops,
            Bytes = bytes,
            BackwardFlops = 2 * flops,
            BackwardBytes = 2 * bytes,
        };
    }
}
