using LpcEngine.Engine;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Kernels;

/// <summary>
/// Max pooling on the CPU: a tile is a row of an image, of outputs forward and of inputs backward; vectors run over the channels.
/// </summary>
internal static unsafe class MaxPoolCpu
{
    public static void Forward(CpuDevice cpu, in PoolWindow sizes, Tensor x, Tensor y, Tensor positions)
    {
        var job = new ForwardJob { Sizes = sizes, X = CpuDevice.Floats(x), Y = CpuDevice.Floats(y), Positions = CpuDevice.Floats(positions) };
        SimdWidth.Run(cpu.Pool, sizes.N * sizes.P, job);
    }

    public static void Backward(CpuDevice cpu, in PoolWindow sizes, Tensor dY, Tensor positions, Tensor dX)
    {
        var job = new BackwardJob { Sizes = sizes, DY = CpuDevice.Floats(dY), Positions = CpuDevice.Floats(positions), DX = CpuDevice.Floats(dX) };
        SimdWidth.Run(cpu.Pool, sizes.N * sizes.H, job);
    }

    private struct ForwardJob : ISimdTileJob
    {
        public PoolWindow Sizes;
        public float* X, Y, Positions;

        public readonly void Run<TVector, TSimd>(int tile, int worker) where TVector : struct where TSimd : struct, ISimd<TVector>
        {
            var image = X + (long)(tile / Sizes.P) * Sizes.H * Sizes.W * Sizes.C;
            for (var q = 0; q < Sizes.Q; q++)
            {
                var output = ((long)tile * Sizes.Q + q) * Sizes.C;
                var c = Pixel<TVector, TSimd>(image, tile % Sizes.P, q, output, 0);
                Pixel<float, Simd1>(image, tile % Sizes.P, q, output, c);
            }
        }

        private readonly nint Pixel<TVector, TSimd>(float* image, int p, int q, long output, nint c)
            where TVector : struct where TSimd : struct, ISimd<TVector>
        {
            int top = Sizes.Start(p), left = Sizes.Start(q);
            int fromH = Math.Max(top, 0), fromW = Math.Max(left, 0), toH = Math.Min(top + Sizes.Window, Sizes.H), toW = Math.Min(left + Sizes.Window, Sizes.W);
            for (; c <= Sizes.C - TSimd.Lanes; c += TSimd.Lanes)
            {
                // The first pixel inside wins against −∞ by being first, as it would against the padding.
                var best = TSimd.Broadcast(float.NegativeInfinity);
                var position = TSimd.Broadcast((fromH - top) * Sizes.Window + (fromW - left));
                for (var h = fromH; h < toH; h++)
                {
                    for (var w = fromW; w < toW; w++)
                    {
                        var value = TSimd.Load(image + ((long)h * Sizes.W + w) * Sizes.C + c);
                        position = TSimd.WhereGreater(value, best, TSimd.Broadcast((h - top) * Sizes.Window + (w - left)), position);
                        best = TSimd.WhereGreater(value, best, value, best);
                    }
                }
                TSimd.Store(best, Y + output + c);
                TSimd.Store(position, Positions + output + c);
            }
            return c;
        }
    }

    private struct BackwardJob : ISimdTileJob
    {
        public PoolWindow Sizes;
        public float* DY, Positions, DX;

        public readonly void Run<TVector, TSimd>(int tile, int worker) where TVector : struct where TSimd : struct, ISimd<TVector>
        {
            var outputs = (long)(tile / Sizes.H) * Sizes.P * Sizes.Q * Sizes.C;
            for (var w = 0; w < Sizes.W; w++)
            {
                var input = ((long)tile * Sizes.W + w) * Sizes.C;
                var c = Pixel<TVector, TSimd>(outputs, tile % Sizes.H, w, input, 0);
                Pixel<float, Simd1>(outputs, tile % Sizes.H, w, input, c);
            }
        }

        private readonly nint Pixel<TVector, TSimd>(long outputs, int h, int w, long input, nint c)
            where TVector : struct where TSimd : struct, ISimd<TVector>
        {
            int fromP = Sizes.FirstOutput(h), toP = Sizes.EndOutput(h, Sizes.P), fromQ = Sizes.FirstOutput(w), toQ = Sizes.EndOutput(w, Sizes.Q);
            for (; c <= Sizes.C - TSimd.Lanes; c += TSimd.Lanes)
            {
                var sum = TSimd.Zero;
                for (var p = fromP; p < toP; p++)
                {
                    for (var q = fromQ; q < toQ; q++)
                    {
                        var at = outputs + ((long)p * Sizes.Q + q) * Sizes.C + c;
                        var mine = TSimd.Broadcast((h - Sizes.Start(p)) * Sizes.Window + (w - Sizes.Start(q)));
                        sum = TSimd.Add(sum, TSimd.WhereEqual(TSimd.Load(Positions + at), mine, TSimd.Load(DY + at), TSimd.Zero));
                    }
                }
                TSimd.Store(sum, DX + input + c);
            }
            return c;
        }
    }
}
