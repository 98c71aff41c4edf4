using LpcEngine.Engine;

namespace LpcEngine.Kernels;

public static partial class ImagesOp
{
    /// <summary>Takes the next batch's indices from an epoch's order, and counts the step, all on the device: a recorded step finds the next batch each time it is replayed.</summary>
    /// <param name="order">The epoch's order, [M], <see cref="DType.Int32"/>.</param>
    /// <param name="step">[1], <see cref="DType.Int32"/>: batches taken from it so far; 1 is added.</param>
    /// <param name="batch">Images of every batch but perhaps the last, at least 1: the batch begins at step·batch.</param>
    /// <param name="count">Images of this batch, from 1 to <paramref name="batch"/>.</param>
    /// <returns>[count], <see cref="DType.Int32"/>, of the running step: order[step·batch + i]; −1 beyond the order's end, which no image has.</returns>
    /// <remarks>Memory-bound: 8 bytes an index; saves nothing, has no gradient. Deterministic: whole numbers are copied.</remarks>
    /// <exception cref="ShapeException">A shape doesn't fit.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number of images is out of range.</exception>
    public static Tensor NextBatch(Tensor order, Tensor step, int batch, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, batch);
        if (order.Shape.Rank != 1 || step.Shape.Count != 1) throw new ShapeException("NextBatch", $"order is {order.Shape} and step {step.Shape} but must be [M] and [1].");
        var device = order.Device;
        var indices = device.New(new Shape(count), DType.Int32);
        step.MarkChanged();
        if (device is CpuDevice) ImagesCpu.NextBatch(order, step, batch, indices);
        else ImagesGpu.On(device).NextBatch(order, step, batch, indices);
        return indices;
    }

    /// <summary>The declaration of <see cref="NextBatch"/>.</summary>
    public static OpSpec NextBatchSpec { get; } = new("next-batch", "y = order[step·B + i], step ← step + 1", Bound.Memory)
    {
        Cases =
        [
            NextBatchCase(order: 5, step: 0, batch: 3, count: 3), NextBatchCase(order: 5, step: 1, batch: 3, count: 2), NextBatchCase(order: 7, step: 1, batch: 4, count: 4),
            NextBatchCase(order: 1200, step: 2, batch: 400, count: 400) with { Toy = false },
        ],
        Benchmarks = () => [NextBatchCase(order: 50_000, step: 99, batch: 128, count: 128)],
        Tolerance = 0,
    };

    private static OpCase NextBatchCase(int order, int step, int batch, int count) => new($"{count} from {step}·{batch} of [{order}]",
        [
            new(new Shape(order), Differentiable: false) { Type = DType.Int32, Draw = OpInput.Whole(1000) },
            new(new Shape(1), Differentiable: false) { Type = DType.Int32, Draw = OpInput.Constant(step), Changes = true },
        ],
        x => NextBatch(x[0], x[1], batch, count),
        x =>
        {
            var start = (int)x[1][0]++ * batch;
            return [.. Enumerable.Range(start, count).Select(i => i < order ? x[0][i] : -1)];
        })
    {
        Bytes = 8.0 * count,
    };
}
