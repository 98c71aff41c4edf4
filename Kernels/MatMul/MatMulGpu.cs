using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>
/// Matrix products in ILGPU: the tiles of <see cref="TileProductGpu"/>, for which a matrix product is a convolution with one pixel and one
/// tap; where tf32 or bf16 is asked for, those of <see cref="MatMulTensorGpu{TElement}"/>.
/// </summary>
internal sealed class MatMulGpu(GpuDevice device)
{
    private readonly TileProductGpu tiles = TileProductGpu.On(device);

    public static MatMulGpu On(Device device) => ((GpuDevice)device).Kernels(static gpu => new MatMulGpu(gpu));

    /// <summary>c [m, n] = op(a)·op(b) + bias; a bias goes with a left matrix as it is stored.</summary>
    public void Multiply(bool transposeA, bool transposeB, int m, int n, int k, Tensor a, Tensor b, Tensor c, Tensor? bias)
    {
        if (transposeA && bias is not null) throw new ArgumentException("A bias can't be added to a product with a transposed left matrix.");
        var right = b;
        if (transposeB)
        {
            // A pass over b is little beside m passes' worth of arithmetic, and leaves one kernel where there would be two.
            right = device.New(new(k, n));
            tiles.Transpose(1, n, k, b, right);
        }
        if (transposeA) tiles.Columns(GatherPlan.Product(k, n, m, hasBias: false), a, right, c);
        else tiles.Rows(GatherPlan.Product(m, n, k, bias is not null), a, right, bias, c);
        if (transposeB) device.GiveBack(right);
    }

    /// <summary>c = op(a)·op(b) at a precision: on tensor cores where they take the extents, else as above, on copies in floats of what is bf16.</summary>
    public void Multiply(Precision precision, bool transposeA, bool transposeB, int m, int n, int k, Tensor a, Tensor b, Tensor c)
    {
        if (precision == Precision.Tf32 && MatMulTensorGpu<Tf32Element>.Takes(transposeA, transposeB, m, n, k)) MatMulTensorGpu<Tf32Element>.On(device).Multiply(transposeA, transposeB, m, n, k, a, b, c);
        else if (precision == Precision.Bf16 && MatMulTensorGpu<Bf16Element>.Takes(transposeA, transposeB, m, n, k)) MatMulTensorGpu<Bf16Element>.On(device).Multiply(transposeA, transposeB, m, n, k, a, b, c);
        else
        {
            Tensor left = device.As(DType.Float32, a), right = device.As(DType.Float32, b), result = device.ToWrite(DType.Float32, c);
            Multiply(transposeA, transposeB, m, n, k, left, right, result, null);
            device.Finish(a, left);
            device.Finish(b, right);
            device.Deliver(result, c);
        }
    }
}
