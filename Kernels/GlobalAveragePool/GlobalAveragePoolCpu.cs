using System.Runtime.Intrinsics;
using LpcEngine.Engine;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Kernels;

/// <summary>Global average pooling on the CPU: a tile is an image, vectors run over the channels.</summary>
internal static unsafe class GlobalAveragePoolCpu
{
    public static void Forward(CpuDevice cpu, Tensor x, Tensor y)
    {
        var job = new Job { Image = CpuDevice.Floats(x), Mean = CpuDevice.Floats(y), Pixels = x.Shape[1] * x.Shape[2], Channels = x.Shape[3] };
        cpu.Pool.Run(x.Shape[0], ref job);
    }

    public static void Backward(CpuDevice cpu, Tensor dY, Tensor dX)
    {
        var job = new Job { Image = CpuDevice.Floats(dX), Mean = CpuDevice.Floats(dY), Pixels = dX.Shape[1] * dX.Shape[2], Channels = dX.Shape[3], IsBackward = true };
        cpu.Pool.Run(dX.Shape[0], ref job);
    }

    private struct Job : ITileJob
    {
        public float* Image, Mean;
        public int Pixels, Channels;
        public bool IsBackward;

        public readonly void Run(int tile, int worker)
        {
            var image = Image + (long)tile * Pixels * Channels;
            var mean = Mean + (long)tile * Channels;
            nint c = 0;
            if (SimdWidth.Lanes == 16) c = Run<Vector512<float>, Simd512>(image, mean, c);
            else if (SimdWidth.Lanes == 8) c = Run<Vector256<float>, Simd256>(image, mean, c);
            else c = Run<Vector128<float>, Simd128>(image, mean, c);
            Run<float, Simd1>(image, mean, c);
        }

        // Column by column: an image of the last stage lies in the first- or second-level cache, and the sum stays in a register.
        private readonly nint Run<TVector, TSimd>(float* image, float* mean, nint c) where TVector : struct where TSimd : struct, ISimd<TVector>
        {
            var share = TSimd.Broadcast(1f / Pixels);
            for (; c <= Channels - TSimd.Lanes; c += TSimd.Lanes)
            {
                var column = image + c;
                if (IsBackward)
                {
                    var value = TSimd.Multiply(TSimd.Load(mean + c), share);
                    for (var p = 0; p < Pixels; p++, column += Channels) TSimd.Store(value, column);
                }
                else
                {
                    var sum = TSimd.Zero;
                    for (var p = 0; p < Pixels; p++, column += Channels) sum = TSimd.Add(sum, TSimd.Load(column));
                    TSimd.Store(TSimd.Multiply(sum, share), mean + c);
                }
            }
            return c;
        }
    }
}
