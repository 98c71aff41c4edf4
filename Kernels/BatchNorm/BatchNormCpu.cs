using LpcEngine.Engine;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Kernels;

/// <summary>Batch normalisation on the CPU: which passes run over the data, and what lies between them.</summary>
/// <remarks>
/// Forward: a pass over x for the statistics, a pass that writes y. Backward: a pass over x and dY (and the shortcut) for the two sums, a
/// pass that writes dX. Second passes take the tiles in reverse order: those that the first pass has read last are still in the cache.
/// </remarks>
internal static unsafe class BatchNormCpu
{
    public static void Statistics(CpuDevice cpu, Tensor x, Tensor weight, Tensor bias, Tensor runningMean, Tensor runningVariance, float momentum, float epsilon, Tensor constants)
    {
        var layout = Layout(x);
        var partials = (float*)cpu.Pool.SharedScratch(4L * BatchNormPartials.StatisticsPerColumn * layout.Width * layout.Tiles);
        var statistics = new StatisticsJob { Pool = cpu.Pool, Layout = layout, X = CpuDevice.Floats(x), Partials = partials };
        SimdWidth.Run(cpu.Pool, layout.Tiles, statistics);
        var combine = new CombineStatisticsJob
        {
            Layout = layout, Partials = partials, Weight = CpuDevice.Floats(weight), Bias = CpuDevice.Floats(bias), RunningMean = CpuDevice.Floats(runningMean),
            RunningVariance = CpuDevice.Floats(runningVariance), Constants = CpuDevice.Floats(constants), Momentum = momentum, Epsilon = epsilon,
        };
        cpu.Pool.Run(BatchNormPartials.Blocks(layout.Channels), ref combine);
    }

    public static void FromRunning(Tensor weight, Tensor bias, Tensor runningMean, Tensor runningVariance, float epsilon, Tensor constants)
    {
        float* w = CpuDevice.Floats(weight), b = CpuDevice.Floats(bias), mean = CpuDevice.Floats(runningMean), variance = CpuDevice.Floats(runningVariance);
        var channels = weight.Shape.Count;
        for (var c = 0; c < channels; c++) BatchNormPartials.Store(CpuDevice.Floats(constants), channels, c, mean[c], 1 / Math.Sqrt((double)variance[c] + epsilon), w[c], b[c]);
    }

    public static void Forward(CpuDevice cpu, Tensor x, Tensor? shortcut, Tensor constants, Tensor y, Fusion fusion)
    {
        var layout = Layout(x);
        var job = new ForwardJob
        {
            Pool = cpu.Pool, Layout = layout, Fusion = fusion, X = CpuDevice.Floats(x), Shortcut = shortcut is null ? null : CpuDevice.Floats(shortcut), Y = CpuDevice.Floats(y),
            Constants = Repeat(layout, CpuDevice.Floats(constants), null, (float*)cpu.Pool.SharedScratch(4L * 5 * layout.Width)),
        };
        SimdWidth.Run(cpu.Pool, layout.Tiles, job);
    }

    /// <summary>
    /// Sums of dY·f′ and of its product with the normalised x; with a shortcut also dY·f′ itself, which is the shortcut's gradient.
    /// </summary>
    public static void Reduce(CpuDevice cpu, Tensor x, Tensor dY, Tensor? shortcut, Tensor constants, Tensor? g, Tensor dWeight, Tensor dBias, Tensor terms, bool training, Fusion fusion)
    {
        var layout = Layout(x);
        var scratch = (float*)cpu.Pool.SharedScratch(4L * layout.Width * (5 + BatchNormPartials.SumsPerColumn * layout.Tiles));
        var job = new ReduceJob
        {
            Pool = cpu.Pool, Layout = layout, Fusion = fusion, X = CpuDevice.Floats(x), DY = CpuDevice.Floats(dY), Shortcut = shortcut is null ? null : CpuDevice.Floats(shortcut),
            G = g is null ? null : CpuDevice.Floats(g), Constants = Repeat(layout, CpuDevice.Floats(constants), null, scratch), Partials = scratch + 5L * layout.Width,
        };
        SimdWidth.Run(cpu.Pool, layout.Tiles, job);
        var combine = new CombineSumsJob
        {
            Layout = layout, Partials = job.Partials, Constants = CpuDevice.Floats(constants), DWeight = CpuDevice.Floats(dWeight), DBias = CpuDevice.Floats(dBias),
            Terms = CpuDevice.Floats(terms), Training = training,
        };
        cpu.Pool.Run(BatchNormPartials.Blocks(layout.Channels), ref combine);
    }

    public static void Backward(CpuDevice cpu, Tensor x, Tensor dY, Tensor constants, Tensor terms, Tensor dX, Fusion fusion)
    {
        var layout = Layout(x);
        var job = new BackwardJob
        {
            Pool = cpu.Pool, Layout = layout, Fusion = fusion, X = CpuDevice.Floats(x), DY = CpuDevice.Floats(dY), DX = CpuDevice.Floats(dX),
            Constants = Repeat(layout, CpuDevice.Floats(constants), CpuDevice.Floats(terms), (float*)cpu.Pool.SharedScratch(4L * 5 * layout.Width)),
        };
        SimdWidth.Run(cpu.Pool, layout.Tiles, job);
    }

    private static ChannelRows Layout(Tensor x) => new(x.Shape.Count, x.Shape[-1]);

    private static RowConstants Repeat(in ChannelRows layout, float* constants, float* terms, float* into)
    {
        var c = layout.Channels;
        var repeated = new RowConstants { High = into, Scale = into + layout.Width, Offset = into + 2L * layout.Width, Slope = into + 3L * layout.Width, Level = into + 4L * layout.Width };
        layout.Repeat(constants + BatchNormConstants.High * c, repeated.High);
        layout.Repeat(constants + BatchNormConstants.Scale * c, repeated.Scale);
        layout.Repeat(constants + BatchNormConstants.Offset * c, repeated.Offset);
        if (terms == null) return repeated;
        layout.Repeat(terms, repeated.Slope);
        layout.Repeat(terms + c, repeated.Level);
        return repeated;
    }
}
