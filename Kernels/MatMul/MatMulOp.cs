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
    /// <param name="a">[m, k], or [k, m] when transposed; floats, or at bf16 also bf16.</param>
    /// <param name="b">[k, n], or [n, k] when transposed; floats, or at bf16 also bf16.</param>
    /// <param name="transposeA">Use aᵀ in place of a.</param>
    /// <param name="transposeB">Use bᵀ in place of b.</param>
    /// <param name="precision">What this product and its gradients are computed in. <see cref="Device.Precision"/> is of no account: losses are made of products, and stay in floats whatever a
    /// network's convolutions do.</param>
    /// <returns>[m, n], of the running step: floats, or at bf16 bf16.</returns>
    /// <remarks>
    /// <para>
    /// Compute-bound: 2·m·n·k operations, and as many for each gradient. Saves a and b (references). On the GPU one factor may first be copied, transposed or converted or both, and sums over many rows are added
    /// up from partial ones: memory that is given back at once. Deterministic: sums are cut by shape alone and added in a fixed order.
    /// </para>
    /// <para>
    /// Precision. In tf32 and bf16 the factors are rounded to 11 and 8 bits of mantissa, products are added in single precision, on CUDA by tensor cores, and bf16 results are rounded once. That is so where 16 bytes
    /// hold whole numbers of what lies side by side: n, with a transposed a m, and unless a alone is transposed k, are multiples of 4 (tf32) or 8 (bf16). Other products work in floats, and only their results
    /// are rounded. A gradient has its input's type; at bf16 one in floats may have been rounded on the way.
    /// </para>
    /// </remarks>
    /// <exception cref="ShapeException">An input isn't a matrix, or the inner extents differ.</exception>
    /// <exception cref="KernelMissingException">Tf32 or bf16 on the cpu.</exception>
    /// <exception cref="ArgumentException">An input of a type that the precision doesn't take.</exception>
    public static Tensor MatMul(this Tensor a, Tensor b, bool transposeA = false, bool transposeB = false, Precision precision = Precision.Fp32)
    {
        CheckTypes(a, b, precision);
        if (a.Shape.Rank != 2 || b.Shape.Rank != 2)
            throw new ShapeException("MatMul", $"{a.Shape} and {b.Shape} must both be matrices. Tensor.View gives a tensor another shape.");
        var (m, k) = transposeA ? (a.Shape[1], a.Shape[0]) : (a.Shape[0], a.Shape[1]);
        var (kOfB, n) = transposeB ? (b.Shape[1], b.Shape[0]) : (b.Shape[0], b.Shape[1]);
        if (k != kOfB)
            throw new ShapeException("MatMul", $"{a.Shape}{(transposeA ? "ᵀ" : "")} · {b.Shape}{(transposeB ? "ᵀ" : "")}: the inner extents {k} and {kOfB} must be equal. Transpose one, or swap them.");
        var c = a.Device.New(new(m, n), precision == Precision.Bf16 ? DType.BFloat16 : DType.Float32);
        Multiply(precision, transposeA, transposeB, m, n, k, a, b, c);
        if (a.Device.Tape.Record<Node>(c, a, b) is { } node)
            (node.A, node.B, node.TransposeA, node.TransposeB, node.M, node.N, node.K, node.Precision) = (a, b, transposeA, transposeB, m, n, k, precision);
        return c;
    }

    private static void CheckTypes(Tensor a, Tensor b, Precision precision)
    {
        if (!a.Device.Computes(precision)) throw new KernelMissingException("MatMul", a.Device.Name, precision);
        Activations.Check("MatMul", a);
        Activations.Check("MatMul", b);
        if (!Takes(a.Type) || !Takes(b.Type))
        {
            throw new ArgumentException(
                $"MatMul: {a} and {b} at {precision}; there both must be {DType.Float32}{(precision == Precision.Bf16 ? $" or {DType.BFloat16}" : $". Cast what is {DType.BFloat16}, or ask for {Precision.Bf16}")}.");
        }

        bool Takes(DType type) => type == DType.Float32 || (type == DType.BFloat16 && precision == Precision.Bf16);
    }

    private static void Multiply(Precision precision, bool transposeA, bool transposeB, int m, int n, int k, Tensor a, Tensor b, Tensor c)
    {
        if (precision == Precision.Fp32) Multiply(transposeA, transposeB, m, n, k, a, b, c, null);
        else MatMulGpu.On(a.Device).Multiply(precision, transposeA, transposeB, m, n, k, a, b, c);
    }

    /// <summary>The product in floats without a record on the tape: what <see cref="LinearOp"/> is made of as well.</summary>
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
        public Precision Precision;

        public override void Backward(Tensor dC, Gradients gradients)
        {
            if (gradients.Wants(A))
            {
                var dA = gradients.Allocate(A);
                if (TransposeA) Multiply(Precision, TransposeB, true, K, M, N, B, dC, dA);
                else Multiply(Precision, false, !TransposeB, M, K, N, dC, B, dA);
                gradients.Add(A, dA);
            }
            if (!gradients.Wants(B)) return;
            var dB = gradients.Allocate(B);
            if (TransposeB) Multiply(Precision, true, TransposeA, N, K, M, dC, A, dB);
            else Multiply(Precision, !TransposeA, false, K, N, M, A, dC, dB);
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
            // Of extents that tensor cores take: one tile, more than one of any size and slices that are not full, rows of any number, sums in several splits.
            .. Transposes(8, 16, 24, toy: true), .. Transposes(136, 200, 104, toy: false), Case(33, 40, 56, false, false, toy: false), Case(33, 40, 56, false, true, toy: false), Case(40, 24, 1100, true, false, toy: false),
            // Right factors that are weights: floats at every precision, as are their gradients.
            .. Transposes(72, 40, 48, toy: false, weight: true), Case(72, 10, 48, false, false, toy: false, weight: true),
        ],
        Benchmarks = () =>
        [
            Case(1024, 1024, 1024, false, false, false), Case(1024, 1024, 1024, false, true, false), Case(1024, 1024, 1024, true, false, false), Case(4096, 4096, 512, false, true, false),
            Case(4096, 4096, 4096, false, false, false),
        ],
        MorePrecisions = static device => device == "cpu" ? [] : [Precision.Tf32, Precision.Bf16],
    };

    private static IEnumerable<OpCase> Transposes(int m, int n, int k, bool toy, bool weight = false) =>
        from transposeA in new[] { false, true } from transposeB in new[] { false, true } select Case(m, n, k, transposeA, transposeB, toy, weight);

    private static OpCase Case(int m, int n, int k, bool transposeA, bool transposeB, bool toy, bool weight = false)
    {
        var (a, b) = (transposeA ? new Shape(k, m) : new Shape(m, k), transposeB ? new Shape(n, k) : new Shape(k, n));
        var (flops, bytes) = (2.0 * m * n * k, 4.0 * ((double)m * n + (double)m * k + (double)n * k));
        return new($"{a}{(transposeA ? "ᵀ" : "")}·{b}{(transposeB ? "ᵀ" : "")}{(weight ? ", a weight" : "")}", [new(a) { IsActivation = true }, new(b) { IsActivation = !weight }],
            x => x[0].MatMul(x[1], transposeA, transposeB, x[0].Device.Precision),
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
