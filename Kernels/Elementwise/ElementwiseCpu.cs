using LpcEngine.Engine;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Kernels;

/// <summary>A function of one or two elements and a number, for <see cref="ElementwiseCpu"/>.</summary>
internal interface IElementwise
{
    /// <summary>The function on vectors. <paramref name="b"/> is zero where there's no second tensor.</summary>
    static abstract TVector Apply<TVector, TSimd>(TVector a, TVector b, float parameter)
        where TVector : struct where TSimd : struct, ISimd<TVector>;
}

/// <summary>The loop of all operations on the CPU whose elements don't meet: SIMD over fixed tiles of elements.</summary>
internal static unsafe class ElementwiseCpu
{
    // 16 Ki elements are 64 KiB in and out each: several tiles per core at ResNet sizes, and a tile's claim costs nothing beside its work.
    private const int TileElements = 16 * 1024;

    /// <summary>y = f(a, b, parameter). The result may lie in the place of an input.</summary>
    public static void Run<TFunction>(CpuDevice cpu, Tensor a, Tensor? b, Tensor y, float parameter = 0f)
        where TFunction : struct, IElementwise
    {
        var job = new Job<TFunction>
        {
            A = CpuDevice.Floats(a), B = b is null ? null : CpuDevice.Floats(b), Y = CpuDevice.Floats(y), Count = y.Shape.Count, Parameter = parameter,
        };
        SimdWidth.Run(cpu.Pool, Tiling.Count(job.Count, TileElements), job);
    }

    private struct Job<TFunction> : ISimdTileJob where TFunction : struct, IElementwise
    {
        public float* A, B, Y;
        public int Count;
        public float Parameter;

        public readonly void Run<TVector, TSimd>(int tile, int worker) where TVector : struct where TSimd : struct, ISimd<TVector>
        {
            // nint, not int: the last tile of a tensor near 2³¹ elements ends beyond.
            nint start = (nint)tile * TileElements, end = Math.Min(start + TileElements, Count);
            Range<float, Simd1>(Range<TVector, TSimd>(start, end), end);
        }

        private readonly nint Range<TVector, TSimd>(nint start, nint end) where TVector : struct where TSimd : struct, ISimd<TVector>
        {
            if (B == null)
            {
                for (; start <= end - TSimd.Lanes; start += TSimd.Lanes)
                    TSimd.Store(TFunction.Apply<TVector, TSimd>(TSimd.Load(A + start), TSimd.Zero, Parameter), Y + start);
            }
            else
            {
                for (; start <= end - TSimd.Lanes; start += TSimd.Lanes)
                    TSimd.Store(TFunction.Apply<TVector, TSimd>(TSimd.Load(A + start), TSimd.Load(B + start), Parameter), Y + start);
            }
            return start;
        }
    }
}
