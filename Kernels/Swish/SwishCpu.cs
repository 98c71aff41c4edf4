using System.Runtime.Intrinsics;
using LpcEngine.Engine;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Kernels;

/// <summary>Swish on the CPU: SIMD over fixed tiles of elements.</summary>
internal static unsafe class SwishCpu
{
    // 16 Ki elements are 64 KiB in and out each: several tiles per core at ResNet sizes, and a tile's claim costs nothing beside its work.
    private const int TileElements = 16 * 1024;

    public static void Forward(CpuDevice cpu, Tensor x, Tensor y)
    {
        var job = new Job { X = CpuDevice.Floats(x), Y = CpuDevice.Floats(y), Count = x.Shape.Count };
        cpu.Pool.Run((job.Count + TileElements - 1) / TileElements, ref job);
    }

    public static void Backward(CpuDevice cpu, Tensor x, Tensor dY, Tensor dX)
    {
        var job = new Job { X = CpuDevice.Floats(x), DY = CpuDevice.Floats(dY), Y = CpuDevice.Floats(dX), Count = x.Shape.Count };
        cpu.Pool.Run((job.Count + TileElements - 1) / TileElements, ref job);
    }

    /// <summary>Forward without <see cref="DY"/>, backward with it.</summary>
    private struct Job : ITileJob
    {
        public float* X, DY, Y;
        public int Count;

        public readonly void Run(int tile, int worker)
        {
            var start = tile * TileElements;
            var count = Math.Min(TileElements, Count - start);
            var whole = count / 16 * 16;
            Run(X + start, DY == null ? null : DY + start, Y + start, whole);
            if (whole == count) return;
            // The last few elements go through the same code by way of a padded vector.
            float* x = stackalloc float[16], dY = stackalloc float[16], y = stackalloc float[16];
            new ReadOnlySpan<float>(X + start + whole, count - whole).CopyTo(new Span<float>(x, 16));
            if (DY != null) new ReadOnlySpan<float>(DY + start + whole, count - whole).CopyTo(new Span<float>(dY, 16));
            Run(x, DY == null ? null : dY, y, 16);
            new ReadOnlySpan<float>(y, count - whole).CopyTo(new Span<float>(Y + start + whole, count - whole));
        }

        private static void Run(float* x, float* dY, float* y, int count)
        {
            if (SimdWidth.Lanes == 16) Run<Vector512<float>, Simd512>(x, dY, y, count);
            else if (SimdWidth.Lanes == 8) Run<Vector256<float>, Simd256>(x, dY, y, count);
            else Run<Vector128<float>, Simd128>(x, dY, y, count);
        }

        private static void Run<TVector, TSimd>(float* x, float* dY, float* y, int count) where TVector : struct where TSimd : struct, ISimd<TVector>
        {
            if (dY == null) SwishRows<TVector, TSimd>.Forward(x, y, count);
            else SwishRows<TVector, TSimd>.Backward(x, dY, y, count);
        }
    }
}
