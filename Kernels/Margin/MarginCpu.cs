using LpcEngine.Engine;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Kernels;

/// <summary>Margins on the CPU: vectors along the classes as if there were no label, then the label's entry.</summary>
internal static unsafe class MarginCpu
{
    // At 100 classes 16 rows are half a microsecond: hardly worth sharing out, and a batch has few tiles.
    private const int TileRows = 16;

    public static void Forward(CpuDevice cpu, Tensor cosines, Tensor labels, Tensor scale, Tensor margin, bool isAngular, Tensor y)
    {
        var job = new ForwardJob { Row = new Row(cosines, labels, scale, margin, isAngular), Y = CpuDevice.Floats(y) };
        SimdWidth.Run(cpu.Pool, Tiling.Count(job.Row.N, TileRows), job);
    }

    public static void Backward(CpuDevice cpu, Tensor cosines, Tensor labels, Tensor scale, Tensor margin, bool isAngular, Tensor dY, Tensor dX)
    {
        var job = new BackwardJob { Row = new Row(cosines, labels, scale, margin, isAngular), DY = CpuDevice.Floats(dY), DX = CpuDevice.Floats(dX) };
        SimdWidth.Run(cpu.Pool, Tiling.Count(job.Row.N, TileRows), job);
    }

    /// <summary>What both directions read.</summary>
    private readonly struct Row(Tensor cosines, Tensor labels, Tensor scale, Tensor margin, bool isAngular)
    {
        public readonly float* X = CpuDevice.Floats(cosines);
        public readonly int* Labels = CpuDevice.Ints(labels);
        public readonly int N = cosines.Shape[0], C = cosines.Shape[1];
        public readonly float Scale = *CpuDevice.Floats(scale), M = *CpuDevice.Floats(margin);
        public readonly float CosM = MathF.Cos(*CpuDevice.Floats(margin)), SinM = MathF.Sin(*CpuDevice.Floats(margin));
        public readonly bool IsAngular = isAngular;

        public float Target(float x) => MarginTarget.Of(x, M, CosM, SinM, IsAngular);

        public float Slope(float x) => MarginTarget.Slope(x, CosM, SinM, IsAngular);
    }

    private struct ForwardJob : ISimdTileJob
    {
        public Row Row;
        public float* Y;

        public readonly void Run<TVector, TSimd>(int tile, int worker) where TVector : struct where TSimd : struct, ISimd<TVector>
        {
            TVector limit = TSimd.Broadcast(MarginOp.Limit), negative = TSimd.Broadcast(-MarginOp.Limit), scale = TSimd.Broadcast(Row.Scale);
            var end = Tiling.End(tile, TileRows, Row.N);
            for (var n = tile * TileRows; n < end; n++)
            {
                float* x = Row.X + (long)n * Row.C, y = Y + (long)n * Row.C;
                var c = 0;
                for (; c <= Row.C - TSimd.Lanes; c += TSimd.Lanes)
                    TSimd.Store(TSimd.Multiply(TSimd.Max(negative, TSimd.Min(limit, TSimd.Load(x + c))), scale), y + c);
                for (; c < Row.C; c++) y[c] = MarginTarget.Clamp(x[c]) * Row.Scale;
                var label = Row.Labels[n];
                if ((uint)label < (uint)Row.C) y[label] = MarginTarget.Clamp(Row.Target(x[label])) * Row.Scale;
            }
        }
    }

    private struct BackwardJob : ISimdTileJob
    {
        public Row Row;
        public float* DY, DX;

        public readonly void Run<TVector, TSimd>(int tile, int worker) where TVector : struct where TSimd : struct, ISimd<TVector>
        {
            TVector limit = TSimd.Broadcast(MarginOp.Limit), scale = TSimd.Broadcast(Row.Scale);
            var end = Tiling.End(tile, TileRows, Row.N);
            for (var n = tile * TileRows; n < end; n++)
            {
                float* x = Row.X + (long)n * Row.C, dY = DY + (long)n * Row.C, dX = DX + (long)n * Row.C;
                var c = 0;
                for (; c <= Row.C - TSimd.Lanes; c += TSimd.Lanes)
                {
                    var slope = TSimd.Multiply(TSimd.Load(dY + c), scale);
                    TSimd.Store(TSimd.WhereGreater(TSimd.Absolute(TSimd.Load(x + c)), limit, TSimd.Zero, slope), dX + c);
                }
                for (; c < Row.C; c++) dX[c] = Math.Abs(x[c]) <= MarginOp.Limit ? dY[c] * Row.Scale : 0f;
                var label = Row.Labels[n];
                if ((uint)label >= (uint)Row.C) continue;
                var inside = Math.Abs(Row.Target(x[label])) <= MarginOp.Limit;
                dX[label] = inside ? dY[label] * Row.Scale * Row.Slope(x[label]) : 0f;
            }
        }
    }
}
