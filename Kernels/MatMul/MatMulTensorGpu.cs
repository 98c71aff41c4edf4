using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Matrix products on tensor cores (<see cref="TensorProductGpu{TElement}"/>), for which they are convolutions with one pixel and one tap.</summary>
/// <remarks>
/// There are two kernels. One wants both factors along the sum, which is A·Bᵀ as stored; the other wants both across it, which is Aᵀ·B as stored. For A·B a transposed copy of B is made, for Aᵀ·Bᵀ one of A,
/// and in tf32 the first kernel wants B rounded: a pass over memory or two beside as many passes' worth of arithmetic as the other factor has rows.
/// </remarks>
/// <typeparam name="TElement">The kind of the factors.</typeparam>
internal sealed class MatMulTensorGpu<TElement>(GpuDevice device) where TElement : struct, ITensorElement
{
    private readonly TensorProductGpu<TElement> products = TensorProductGpu<TElement>.On(device);

    public static MatMulTensorGpu<TElement> On(GpuDevice device) => device.Kernels(static gpu => new MatMulTensorGpu<TElement>(gpu));

    private static DType Type => default(TElement).PerWord == 2 ? DType.BFloat16 : DType.Float32;

    /// <summary>Whether 16 bytes hold whole numbers of the elements that lie side by side in rows.</summary>
    public static bool Takes(bool transposeA, bool transposeB, int m, int n, int k) => Fits(n) && (!transposeA || Fits(m)) && (IsAcross(transposeA, transposeB) || Fits(k));

    /// <summary>c [m, n] = op(a)·op(b), of floats or bf16 each; at tf32 all three are floats.</summary>
    public void Multiply(bool transposeA, bool transposeB, int m, int n, int k, Tensor a, Tensor b, Tensor c)
    {
        if (IsAcross(transposeA, transposeB))
        {
            Tensor left = device.As(Type, a), right = device.As(Type, b), sums = device.ToWrite(DType.Float32, c);
            products.Columns(GatherPlan.Product(k, n, m, hasBias: false), left, right, sums);
            Finish(left, right, sums);
        }
        else
        {
            Tensor left = transposeA ? Transposed(k, m, a) : device.As(Type, a), right = Rounded(b, transposeB ? device.As(Type, b) : Transposed(k, n, b)), rows = device.ToWrite(Type, c);
            products.Rows(GatherPlan.Product(m, n, k, hasBias: false), left, right, rows);
            Finish(left, right, rows);
        }

        void Finish(Tensor left, Tensor right, Tensor result)
        {
            device.Finish(a, left);
            device.Finish(b, right);
            device.Deliver(result, c);
        }
    }

    private static bool IsAcross(bool transposeA, bool transposeB) => transposeA && !transposeB;

    private static bool Fits(int extent) => extent % TensorProductGpu<TElement>.Chunk == 0;

    // As it is in bf16; in tf32 what is a copy already is rounded where it is.
    private Tensor Rounded(Tensor original, Tensor factor)
    {
        if (Type == DType.BFloat16) return factor;
        var rounded = factor == original ? device.New(factor.Shape, Type) : factor;
        Tf32RoundingGpu.On(device).Run(factor, rounded);
        return rounded;
    }

    // Converts on the way, where it must.
    private Tensor Transposed(int height, int width, Tensor from)
    {
        var to = device.New(new(width, height), Type);
        if (from.Type == DType.BFloat16) TransposeHalvesGpu.On(device).Run(height, width, from, to);
        else TileProductGpu.On(device).Transpose(1, height, width, from, to);
        return to;
    }
}
