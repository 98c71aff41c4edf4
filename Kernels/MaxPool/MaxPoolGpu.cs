using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Max pooling in ILGPU: forward a thread has four channels of an output pixel, backward of an input pixel (see <see cref="ChannelQuads"/>).</summary>
internal static class MaxPoolGpu
{
    public static void Forward(in PoolWindow sizes, Tensor x, Tensor y, Tensor positions)
    {
        if (x.Type == DType.BFloat16) On<Bf16Storage>(x.Device).Forward(sizes, x, y, positions);
        else On<Fp32Storage>(x.Device).Forward(sizes, x, y, positions);
    }

    public static void Backward(in PoolWindow sizes, Tensor dY, Tensor positions, Tensor dX)
    {
        if (dX.Type == DType.BFloat16) On<Bf16Storage>(dX.Device).Backward(sizes, dY, positions, dX);
        else On<Fp32Storage>(dX.Device).Backward(sizes, dY, positions, dX);
    }

    private static Launcher<TStorage> On<TStorage>(Device device) where TStorage : struct, IStorage<TStorage> => ((GpuDevice)device).Kernels(static gpu => new Launcher<TStorage>(gpu));

    private sealed class Launcher<TStorage>(GpuDevice device) where TStorage : struct, IStorage<TStorage>
    {
        private readonly Action<AcceleratorStream, KernelConfig, PoolWindow, TStorage, TStorage, Fp32Storage> forward =
            device.Compile<Action<AcceleratorStream, KernelConfig, PoolWindow, TStorage, TStorage, Fp32Storage>>(ForwardKernel);

        private readonly Action<AcceleratorStream, KernelConfig, PoolWindow, TStorage, Fp32Storage, TStorage> backward =
            device.Compile<Action<AcceleratorStream, KernelConfig, PoolWindow, TStorage, Fp32Storage, TStorage>>(BackwardKernel);

        public void Forward(in PoolWindow sizes, Tensor x, Tensor y, Tensor positions) =>
            forward(device.Stream, new ChannelQuads(sizes.C).Config(sizes.N * sizes.P * sizes.Q), sizes, TStorage.Of(x), TStorage.Of(y), Fp32Storage.Of(positions));

        public void Backward(in PoolWindow sizes, Tensor dY, Tensor positions, Tensor dX) =>
            backward(device.Stream, new ChannelQuads(sizes.C).Config(sizes.N * sizes.H * sizes.W), sizes, TStorage.Of(dY), Fp32Storage.Of(positions), TStorage.Of(dX));

        private static void ForwardKernel(PoolWindow s, TStorage x, TStorage y, Fp32Storage positions)
        {
            var quads = new ChannelQuads(s.C);
            var pixel = quads.Pixel;
            if (pixel >= s.N * s.P * s.Q) return;
            int row = pixel / s.Q, n = row / s.P, top = s.Start(row - n * s.P), left = s.Start(pixel - row * s.Q);
            int fromH = IntrinsicMath.Max(top, 0), fromW = IntrinsicMath.Max(left, 0);
            int toH = IntrinsicMath.Min(top + s.Window, s.H), toW = IntrinsicMath.Min(left + s.Window, s.W);
            float first = (fromH - top) * s.Window + (fromW - left);
            if (quads.AreWhole)
            {
                Float4 best = Float4.All(float.NegativeInfinity), position = Float4.All(first);
                for (var h = fromH; h < toH; h++)
                {
                    for (var w = fromW; w < toW; w++)
                    {
                        var value = x.LoadQuad((((n * s.H + h) * s.W + w) * s.C + quads.First) >> 2);
                        float here = (h - top) * s.Window + (w - left);
                        position = new Float4(
                            Wins(value.X, best.X) ? here : position.X, Wins(value.Y, best.Y) ? here : position.Y,
                            Wins(value.Z, best.Z) ? here : position.Z, Wins(value.W, best.W) ? here : position.W);
                        best = new Float4(
                            Wins(value.X, best.X) ? value.X : best.X, Wins(value.Y, best.Y) ? value.Y : best.Y,
                            Wins(value.Z, best.Z) ? value.Z : best.Z, Wins(value.W, best.W) ? value.W : best.W);
                    }
                }
                y.StoreQuad((pixel * s.C + quads.First) >> 2, best);
                positions.StoreQuad((pixel * s.C + quads.First) >> 2, position);
                return;
            }
            for (var c = quads.First; c < quads.End; c++)
            {
                float best = float.NegativeInfinity, position = first;
                for (var h = fromH; h < toH; h++)
                {
                    for (var w = fromW; w < toW; w++)
                    {
                        var value = x.Load(((n * s.H + h) * s.W + w) * s.C + c);
                        position = Wins(value, best) ? (h - top) * s.Window + (w - left) : position;
                        best = Wins(value, best) ? value : best;
                    }
                }
                y.Store(pixel * s.C + c, best);
                positions.Store(pixel * s.C + c, position);
            }
        }

        private static void BackwardKernel(PoolWindow s, TStorage dY, Fp32Storage positions, TStorage dX)
        {
            var quads = new ChannelQuads(s.C);
            var pixel = quads.Pixel;
            if (pixel >= s.N * s.H * s.W) return;
            int row = pixel / s.W, n = row / s.H, h = row - n * s.H, w = pixel - row * s.W;
            int fromP = s.FirstOutput(h), toP = s.EndOutput(h, s.P), fromQ = s.FirstOutput(w), toQ = s.EndOutput(w, s.Q);
            if (quads.AreWhole)
            {
                var sum = Float4.All(0f);
                for (var p = fromP; p < toP; p++)
                {
                    for (var q = fromQ; q < toQ; q++)
                    {
                        var at = (((n * s.P + p) * s.Q + q) * s.C + quads.First) >> 2;
                        Float4 winner = positions.LoadQuad(at), g = dY.LoadQuad(at);
                        float mine = (h - s.Start(p)) * s.Window + (w - s.Start(q));
                        sum += new Float4(winner.X == mine ? g.X : 0f, winner.Y == mine ? g.Y : 0f, winner.Z == mine ? g.Z : 0f, winner.W == mine ? g.W : 0f);
                    }
                }
                dX.StoreQuad((pixel * s.C + quads.First) >> 2, sum);
                return;
            }
            for (var c = quads.First; c < quads.End; c++)
            {
                var sum = 0f;
                for (var p = fromP; p < toP; p++)
                {
                    for (var q = fromQ; q < toQ; q++)
                    {
                        var at = ((n * s.P + p) * s.Q + q) * s.C + c;
                        float mine = (h - s.Start(p)) * s.Window + (w - s.Start(q));
                        if (positions.Load(at) == mine) sum += dY.Load(at);
                    }
                }
                dX.Store(pixel * s.C + c, sum);
            }
        }

        // The first of equal values stays, and a NaN beats everything, also another one.
        private static bool Wins(float value, float best) => value > best || XMath.IsNaN(value);
    }
}
