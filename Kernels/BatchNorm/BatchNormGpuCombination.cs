using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>The kernels between the passes: partial results of all tiles to one result per channel.</summary>
/// <remarks>
/// A group takes eight channels, 32 threads for each. Every thread adds its share of the partial results in the order of the tiles, then one adds the 32, always in the same order.
/// Single precision is enough: means are taken relative to the first tile's shift, and squares about the final mean, so that nothing cancels.
/// </remarks>
internal sealed class BatchNormGpuCombination(GpuDevice device)
{
    private const int GroupChannels = 8;
    private const int Lanes = GpuRows.GroupSize / GroupChannels;

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, BatchNormViews, GpuRows, float, float> statistics =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, BatchNormViews, GpuRows, float, float>>(StatisticsKernel);

    private readonly Action<AcceleratorStream, KernelConfig, BatchNormViews, float> fromRunning =
        device.Compile<Action<AcceleratorStream, KernelConfig, BatchNormViews, float>>(FromRunningKernel);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, GpuRows, int> sums =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, GpuRows, int>>(SumsKernel);

    public static BatchNormGpuCombination On(Device device) => ((GpuDevice)device).Kernels(static gpu => new BatchNormGpuCombination(gpu));

    /// <summary>Constants of each channel from the tiles' statistics; running statistics.</summary>
    public void Statistics(Tensor partials, BatchNormViews views, in GpuRows rows, float momentum, float epsilon) =>
        statistics(device.Stream, Config(rows), GpuDevice.Floats(partials), views, rows, momentum, epsilon);

    /// <summary>Constants of each channel in evaluation.</summary>
    public void FromRunning(BatchNormViews views, float epsilon) => fromRunning(device.Stream, Elements.Config((int)views.Weight.Length), views, epsilon);

    /// <summary>Gradients of weight and bias from the tiles' sums, and the two terms that dX owes to the statistics.</summary>
    public void Sums(Tensor partials, Tensor constants, Tensor dWeight, Tensor dBias, Tensor terms, in GpuRows rows, bool training) => sums(
        device.Stream, Config(rows), GpuDevice.Floats(partials), GpuDevice.Floats(constants), GpuDevice.Floats(dWeight), GpuDevice.Floats(dBias), GpuDevice.Floats(terms), rows,
        training ? 1 : 0);

    private static KernelConfig Config(in GpuRows rows) => new((rows.Channels + GroupChannels - 1) / GroupChannels, GpuRows.GroupSize);

    private static void StatisticsKernel(ArrayView<float> partials, BatchNormViews views, GpuRows rows, float momentum, float epsilon)
    {
        var shared = SharedMemory.Allocate<float>(GpuRows.GroupSize);
        int local = Group.IdxX % GroupChannels, lane = Group.IdxX / GroupChannels;
        // Threads beyond the last channel repeat it: all must reach the barriers.
        var channel = IntrinsicMath.Min(Grid.IdxX * GroupChannels + local, rows.Channels - 1);
        int repeats = rows.Width / rows.Channels, plane = rows.Tiles * rows.Width, count = rows.Tiles * repeats, total = rows.Count / rows.Channels;
        var reference = partials[channel];
        var sum = 0f;
        for (var i = lane; i < count; i += Lanes)
        {
            int tile = i / repeats, column = i % repeats * rows.Channels + channel, at = tile * rows.Width + column;
            sum += rows.Values(tile, column) * (partials[at] - reference + partials[plane + at]);
        }
        var mean = AddLanes(shared, sum) / total;
        var squares = 0f;
        for (var i = lane; i < count; i += Lanes)
        {
            int tile = i / repeats, column = i % repeats * rows.Channels + channel, at = tile * rows.Width + column;
            var d = partials[at] - reference + partials[plane + at] - mean;
            squares += partials[2 * plane + at] + rows.Values(tile, column) * d * d;
        }
        var about = AddLanes(shared, squares);
        // No maximum: a device's returns the other operand when one isn't a number, and the statistics would hide what went wrong.
        var variance = (about < 0f ? 0f : about) / total;
        if (lane > 0 || Grid.IdxX * GroupChannels + local >= rows.Channels) return;
        // high + low = reference + mean without an error (Knuth's two-sum).
        var high = reference + mean;
        var part = high - reference;
        var low = reference - (high - part) + (mean - part);
        Store(views, channel, high, low, variance, epsilon);
        views.RunningMean[channel] += momentum * (high - views.RunningMean[channel]);
        views.RunningVariance[channel] += momentum * (variance * ((float)total / (total - 1)) - views.RunningVariance[channel]);
    }

    private static void FromRunningKernel(BatchNormViews views, float epsilon)
    {
        var channel = Elements.Index;
        if (channel >= views.Weight.Length) return;
        Store(views, channel, views.RunningMean[channel], 0f, views.RunningVariance[channel], epsilon);
    }

    private static void SumsKernel(
        ArrayView<float> partials, ArrayView<float> constants, ArrayView<float> dWeight, ArrayView<float> dBias, ArrayView<float> terms, GpuRows rows, int training)
    {
        var shared = SharedMemory.Allocate<float>(GpuRows.GroupSize);
        int local = Group.IdxX % GroupChannels, lane = Group.IdxX / GroupChannels;
        var channel = IntrinsicMath.Min(Grid.IdxX * GroupChannels + local, rows.Channels - 1);
        int repeats = rows.Width / rows.Channels, count = rows.Tiles * repeats, total = rows.Count / rows.Channels;
        float g = 0f, gx = 0f;
        for (var i = lane; i < count; i += Lanes)
        {
            var at = i / repeats * rows.Width + i % repeats * rows.Channels + channel;
            g += partials[at];
            gx += partials[rows.Tiles * rows.Width + at];
        }
        g = AddLanes(shared, g);
        gx = AddLanes(shared, gx);
        if (lane > 0 || Grid.IdxX * GroupChannels + local >= rows.Channels) return;
        var inverse = constants[BatchNormConstants.Inverse * rows.Channels + channel];
        var low = constants[BatchNormConstants.Low * rows.Channels + channel];
        var scale = constants[BatchNormConstants.Scale * rows.Channels + channel];
        var gradient = inverse * (gx - low * g);
        dWeight[channel] = gradient;
        dBias[channel] = g;
        // The derivation stands at the CPU's CombineSumsJob.
        var slope = training * -scale * inverse * gradient / total;
        terms[channel] = slope;
        terms[rows.Channels + channel] = training * -scale * g / total - slope * low;
    }

    private static void Store(BatchNormViews views, int channel, float high, float low, float variance, float epsilon)
    {
        var channels = (int)views.Weight.Length;
        var inverse = 1f / XMath.Sqrt(variance + epsilon);
        var scale = views.Weight[channel] * inverse;
        views.Constants[BatchNormConstants.High * channels + channel] = high;
        views.Constants[BatchNormConstants.Low * channels + channel] = low;
        views.Constants[BatchNormConstants.Inverse * channels + channel] = inverse;
        views.Constants[BatchNormConstants.Scale * channels + channel] = scale;
        views.Constants[BatchNormConstants.Offset * channels + channel] = views.Bias[channel] - low * scale;
    }

    private static float AddLanes(ArrayView<float> shared, float value)
    {
        // The previous use of the shared memory must have been read by all.
        Group.Barrier();
        shared[Group.IdxX] = value;
        // All lanes' values must be there before they are added.
        Group.Barrier();
        var sum = 0f;
        for (var i = 0; i < Lanes; i++) sum += shared[i * GroupChannels + Group.IdxX % GroupChannels];
        return sum;
    }
}

/// <summary>The per-channel tensors of one call.</summary>
internal readonly struct BatchNormViews(Tensor weight, Tensor bias, Tensor runningMean, Tensor runningVariance, Tensor constants)
{
    public readonly ArrayView<float> Weight = GpuDevice.Floats(weight);
    public readonly ArrayView<float> Bias = GpuDevice.Floats(bias);
    public readonly ArrayView<float> RunningMean = GpuDevice.Floats(runningMean);
    public readonly ArrayView<float> RunningVariance = GpuDevice.Floats(runningVariance);
    public readonly ArrayView<float> Constants = GpuDevice.Floats(constants);
}
