using LpcEngine.Engine;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Kernels;

/// <summary>Global average pooling on the CPU: a tile is an image, vectors run over the channels.</summary>
internal static unsafe class GlobalAveragePoolCpu
{
    public static void Forward(CpuDevice cpu, Tensor x, Tensor y)
    {
        var job = new Job
        {
            Image = CpuDevice.Floats(x), Mean = CpuDevice.Floats(y), Pixels = x.Shape[1] * x.Shape[2], Channels = x.Shape[3],
        };
        SimdWidth.Run(cpu.Pool, x.Shape[0], job);
    }

    public static void Backward(CpuDevice cpu, Tensor dY, Tensor dX)
    {
        var job = new Job
        {
            Image = CpuDevice.Floats(dX), Mean = CpuDevice.Floats(dY), Pixels = dX.Shape[1] * dX.Shape[2], Channels = dX.Shape[3],
            IsBackward = true,
        };
        SimdWidth.Run(cpu.Pool, dX.Shape[0], job);
    }

    private struct Job : ISimdTileJob
    {
        public float* Image, Mean;
        public int Pixels, Channels;
        public bool IsBackward;

        public readonly void Run<TVector, TSimd>(int tile, int worker) where TVector : struct where TSimd : struct, ISimd<TVector>
        {
            var image = Image + (long)tile * Pixels * Channels;
            var mean = Mean + (long)tile * Channels;
            Columns<float, Simd1>(image, mean, Columns<TVector, TSimd>(image, mean, 0));
        }

        // Column by column: an image of the last stage lies in the first- or second-level cache, and the sum stays in a register.
        private readonly nint Columns<TVector, TSimd>(float* image, float* mean, nint c)
            where TVector : struct where TSimd : struct, ISimd<TVector>
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
                    TSimd.Store(TSimd.Multiply(FixedOrderSum.OfColumn<TVector, TSimd>(column, Pixels, Channels), share), mean + c);
                }
            }
            return c;
        }
    }
}
