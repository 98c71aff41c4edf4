using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>The kernels between the passes: partial results of all tiles to one result per channel.</summary>
/// <remarks>
/// <para>What takes time here is waiting: there are a few hundred KiB to read and next to nothing to compute. So a group takes only two channels, 128 threads for each, and a thread asks for four
/// partial results at a time, none of which waits for another; what comes after the sums (weights, constants) is asked for before them.</para>
/// <para>The partial results of a channel are numbered through: a joined row of several pixels is as many rows of C values. All stand for the same number of values, but for those of the last tile.
/// A thread's indices beyond the end read the last one again and count nothing. Each thread adds its share in the order of the tiles, in four sums; then the 128 are added in two turns, always in the
/// same order.</para>
/// Single precision is enough: means are taken relative to the first tile's shift, and squares about the final mean, so that nothing cancels.
/// </remarks>
internal sealed class BatchNormGpuCombination(GpuDevice device)
{
    private const int GroupChannels = 2;
    private const int Lanes = GpuRows.GroupSize / GroupChannels;

    // Threads of each channel that add up lanes in the first turn, for all to add up in the second.
    private const int Adders = 16;

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
        var lane = Group.IdxX / GroupChannels;
        var share = new Share(rows);
        int channel = share.Channel, plane = rows.Tiles * rows.Width, total = rows.Count / rows.Channels;
        float weight = views.Weight[channel], bias = views.Bias[channel], runningMean = views.RunningMean[channel], runningVariance = views.RunningVariance[channel];
        var reference = partials[channel];
        Float4 near = Float4.All(reference), sum = Float4.All(0f);
        for (var i = lane; i < share.Count; i += 4 * Lanes) sum += share.Values(i) * (share.Four(partials, 0, i) - near + share.Four(partials, plane, i));
        var mean = AddLanes(shared, sum) / total;
        Float4 centre = Float4.All(mean), squares = Float4.All(0f);
        for (var i = lane; i < share.Count; i += 4 * Lanes)
        {
            var d = share.Four(partials, 0, i) - near + share.Four(partials, plane, i) - centre;
            squares += share.Present(i, share.Four(partials, 2 * plane, i)) + share.Values(i) * d * d;
        }
        var about = AddLanes(shared, squares);
        // No maximum: a device's returns the other operand when one isn't a number, and the statistics would hide what went wrong.
        var variance = (about < 0f ? 0f : about) / total;
        if (lane > 0 || share.IsRepeated) return;
        // high + low = reference + mean without an error (Knuth's two-sum).
        var high = reference + mean;
        var part = high - reference;
        var low = reference - (high - part) + (mean - part);
        Store(views, channel, weight, bias, high, low, variance, epsilon);
        views.RunningMean[channel] = runningMean + momentum * (high - runningMean);
        views.RunningVariance[channel] = runningVariance + momentum * (variance * ((float)total / (total - 1)) - runningVariance);
    }

    private static void FromRunningKernel(BatchNormViews views, float epsilon)
    {
        var channel = Elements.Index;
        if (channel >= views.Weight.Length) return;
        Store(views, channel, views.Weight[channel], views.Bias[channel], views.RunningMean[channel], 0f, views.RunningVariance[channel], epsilon);
    }

    private static void SumsKernel(
        ArrayView<float> partials, ArrayView<float> constants, ArrayView<float> dWeight, ArrayView<float> dBias, ArrayView<float> terms, GpuRows rows, int training)
    {
        var shared = SharedMemory.Allocate<float>(GpuRows.GroupSize);
        var lane = Group.IdxX / GroupChannels;
        var share = new Share(rows);
        int channel = share.Channel, plane = rows.Tiles * rows.Width, total = rows.Count / rows.Channels;
        var inverse = constants[BatchNormConstants.Inverse * rows.Channels + channel];
        var low = constants[BatchNormConstants.Low * rows.Channels + channel];
        var scale = constants[BatchNormConstants.Scale * rows.Channels + channel];
        Float4 sums = Float4.All(0f), products = Float4.All(0f);
        for (var i = lane; i < share.Count; i += 4 * Lanes)
        {
            sums += share.Present(i, share.Four(partials, 0, i));
            products += share.Present(i, share.Four(partials, plane, i));
        }
        float g = AddLanes(shared, sums), gx = AddLanes(shared, products);
        if (lane > 0 || share.IsRepeated) return;
        var gradient = inverse * (gx - low * g);
        dWeight[channel] = gradient;
        dBias[channel] = g;
        // The derivation stands at the CPU's CombineSumsJob.
        var slope = training * -scale * inverse * gradient / total;
        terms[channel] = slope;
        terms[rows.Channels + channel] = training * -scale * g / total - slope * low;
    }

    private static void Store(BatchNormViews views, int channel, float weight, float bias, float high, float low, float variance, float epsilon)
    {
        var channels = (int)views.Weight.Length;
        var inverse = 1f / XMath.Sqrt(variance + epsilon);
        var scale = weight * inverse;
        views.Constants[BatchNormConstants.High * channels + channel] = high;
        views.Constants[BatchNormConstants.Low * channels + channel] = low;
        views.Constants[BatchNormConstants.Inverse * channels + channel] = inverse;
        views.Constants[BatchNormConstants.Scale * channels + channel] = scale;
        views.Constants[BatchNormConstants.Offset * channels + channel] = bias - low * scale;
    }

    // The sum over a channel's lanes, for all of them.
    private static float AddLanes(ArrayView<float> shared, Float4 value)
    {
        const int Turns = Lanes / Adders;
        var own = value.X + value.Y + (value.Z + value.W);
        // The previous use of the shared memory must have been read by all.
        Group.Barrier();
        shared[Group.IdxX] = own;
        // All lanes' values must be there before they are added.
        Group.Barrier();
        if (Group.IdxX < Adders * GroupChannels)
        {
            // These places nobody else reads, so that the sum may take the first one's.
            for (var turn = 1; turn < Turns; turn++) own += shared[turn * Adders * GroupChannels + Group.IdxX];
            shared[Group.IdxX] = own;
        }
        // The adders' sums must be there before all add them.
        Group.Barrier();
        var sum = 0f;
        for (var i = 0; i < Adders; i++) sum += shared[i * GroupChannels + Group.IdxX % GroupChannels];
        return sum;
    }

    /// <summary>A thread's channel, and its partial results: those of its lane, <see cref="Lanes"/> apart.</summary>
    private readonly struct Share
    {
        private readonly int channels, whole, rowsOfWhole, rowsOfLast, lastColumns;

        public Share(GpuRows rows)
        {
            channels = rows.Channels;
            var wanted = Grid.IdxX * GroupChannels + Group.IdxX % GroupChannels;
            Channel = IntrinsicMath.Min(wanted, channels - 1);
            IsRepeated = wanted > Channel;
            var repeats = rows.Width / channels;
            Count = rows.Tiles * repeats;
            whole = Count - repeats;
            (rowsOfWhole, rowsOfLast) = (rows.TileRows, rows.JoinedRows - (rows.Tiles - 1) * rows.TileRows);
            lastColumns = rows.Count - (rows.JoinedRows - 1) * rows.Width;
        }

        /// <summary>The channel. Threads beyond the last one repeat it: all must reach the barriers.</summary>
        public readonly int Channel;

        /// <summary>Whether the thread is such a one.</summary>
        public readonly bool IsRepeated;

        /// <summary>Partial results of a channel.</summary>
        public readonly int Count;

        /// <summary>Four partial results from the i-th on.</summary>
        public Float4 Four(ArrayView<float> partials, int plane, int i) => new(
            partials[plane + At(i)], partials[plane + At(i + Lanes)], partials[plane + At(i + 2 * Lanes)], partials[plane + At(i + 3 * Lanes)]);

        /// <summary>Zeros for those that don't exist.</summary>
        public Float4 Present(int i, Float4 four) => new(
            four.X, i + Lanes < Count ? four.Y : 0f, i + 2 * Lanes < Count ? four.Z : 0f, i + 3 * Lanes < Count ? four.W : 0f);

        /// <summary>How many values each of the four stands for.</summary>
        public Float4 Values(int i) => new(ValuesOf(i), ValuesOf(i + Lanes), ValuesOf(i + 2 * Lanes), ValuesOf(i + 3 * Lanes));

        private int At(int i) => IntrinsicMath.Min(i, Count - 1) * channels + Channel;

        // Without a branch, which would come between the readings. In the last tile the last row may end before this column.
        private float ValuesOf(int i)
        {
            var ofTile = i < whole ? rowsOfWhole : rowsOfLast;
            var missing = (i - whole) * channels + Channel >= lastColumns ? 1 : 0;
            return i < Count ? ofTile - missing : 0;
        }
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
