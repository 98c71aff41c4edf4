using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Writes a batch's losses into a table in device memory, a row a step, so that nobody waits for them: the host reads many rows at once, when it wants to.</summary>
public static class LossHistoryOp
{
    /// <summary>Losses of a row: cross-entropy, penalty, contrastive loss.</summary>
    public const int Width = 3;

    /// <summary>Writes the row of the step that has just been counted.</summary>
    /// <param name="history">A kept float tensor [S, 3], a row for each step of an epoch; row step − 1 is overwritten. A step outside 1 … S writes nothing.</param>
    /// <param name="step">[1], <see cref="DType.Int32"/>: steps counted so far, this one included (<see cref="ImagesOp.NextBatch"/> counts).</param>
    /// <param name="crossEntropy">The batch's mean cross-entropy, a scalar.</param>
    /// <param name="penalty">The batch's penalty, a scalar; null writes 0.</param>
    /// <param name="contrastive">The batch's mean contrastive loss, a scalar; null writes 0.</param>
    /// <remarks>Reads and writes 12 bytes. Not recorded on the tape; saves nothing. Deterministic: numbers are copied.</remarks>
    /// <exception cref="ShapeException">A shape doesn't fit.</exception>
    public static void Write(Tensor history, Tensor step, Tensor crossEntropy, Tensor? penalty, Tensor? contrastive = null)
    {
        if (history.Shape.Rank != 2 || history.Shape[1] != Width || step.Shape.Count != 1)
            throw new ShapeException("LossHistory", $"history is {history.Shape} and step {step.Shape} but must be [S, {Width}] and [1].");
        if (crossEntropy.Shape.Count != 1 || penalty is not null && penalty.Shape.Count != 1 || contrastive is not null && contrastive.Shape.Count != 1)
            throw new ShapeException("LossHistory", $"cross-entropy {crossEntropy.Shape}, penalty {penalty?.Shape} and contrastive loss {contrastive?.Shape} must be scalars: the batch's means.");
        history.MarkChanged();
        if (history.Device is CpuDevice) LossHistoryCpu.Write(history, step, crossEntropy, penalty, contrastive);
        else LossHistoryGpu.On(history.Device).Write(history, step, crossEntropy, penalty, contrastive);
    }

    /// <summary>The declaration.</summary>
    public static OpSpec Spec { get; } = new("loss-history", "history[step − 1] = losses", Bound.Memory)
    {
        Cases = [Case(1, 1), Case(5, 5), Case(5, 2, penalty: false), Case(4, 3, contrastive: true), Case(4, 1, penalty: false, contrastive: true), Case(3, 0), Case(3, 4)],
        Benchmarks = () => [Case(391, 200)],
        Tolerance = 0,
    };

    private static OpCase Case(int steps, int step, bool penalty = true, bool contrastive = false)
    {
        List<OpInput> inputs =
        [
            new(new(steps, Width), Differentiable: false) { Draw = OpInput.Uniform(0, 5), Changes = true },
            new(new Shape(1), Differentiable: false) { Type = DType.Int32, Draw = OpInput.Constant(step) },
            new(Shape.Scalar, Differentiable: false) { Draw = OpInput.Uniform(0, 5) },
        ];
        if (penalty) inputs.Add(new(Shape.Scalar, Differentiable: false) { Draw = OpInput.Uniform(0, 5) });
        if (contrastive) inputs.Add(new(Shape.Scalar, Differentiable: false) { Draw = OpInput.Uniform(0, 5) });
        return new($"step {step} of {steps}{(penalty ? "" : " without penalty")}{(contrastive ? " with contrastive loss" : "")}", inputs,
            x =>
            {
                Write(x[0], x[1], x[2], penalty ? x[3] : null, contrastive ? x[^1] : null);
                return null;
            },
            x =>
            {
                double[] row = [x[2][0], penalty ? x[3][0] : 0, contrastive ? x[^1][0] : 0];
                if (step >= 1 && step <= steps) row.CopyTo(x[0], (step - 1) * Width);
                return [];
            })
        {
            Bytes = 8.0 * Width,
        };
    }
}
