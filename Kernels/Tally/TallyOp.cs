using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Adds a batch's loss and accuracy to a running tally in device memory, so that an epoch's statistics are read once.</summary>
public static class TallyOp
{
    /// <summary>Number of entries of a tally.</summary>
    public const int Length = 9;

    /// <summary>Entry: Σ cross-entropy, rounded to a float.</summary>
    public const int CrossEntropy = 0;

    /// <summary>Entry: Σ penalty, rounded to a float.</summary>
    public const int Penalty = 1;

    /// <summary>Entry: images whose class ranked first.</summary>
    public const int First = 2;

    /// <summary>Entry: images whose class ranked among the first five.</summary>
    public const int Five = 3;

    /// <summary>Entry: images.</summary>
    public const int Images = 4;

    /// <summary>Entry: what the rounding of <see cref="CrossEntropy"/> has left out. The sum is that of both, taken in double.</summary>
    public const int CrossEntropyRest = 5;

    /// <summary>Entry: what the rounding of <see cref="Penalty"/> has left out.</summary>
    public const int PenaltyRest = 6;

    /// <summary>Entry: Σ contrastive loss, rounded to a float.</summary>
    public const int Contrastive = 7;

    /// <summary>Entry: what the rounding of <see cref="Contrastive"/> has left out.</summary>
    public const int ContrastiveRest = 8;

    /// <summary>Adds one batch.</summary>
    /// <param name="tally">A kept float tensor [9], whose entries have the indices above: the losses times N and the counts are added.</param>
    /// <param name="logits">[N, C], float.</param>
    /// <param name="labels">[N], <see cref="DType.Int32"/>; a label outside 0 … C − 1 counts as wrong.</param>
    /// <param name="crossEntropy">The batch's mean cross-entropy, a scalar.</param>
    /// <param name="penalty">The batch's penalty, a scalar; null adds 0.</param>
    /// <param name="contrastive">The batch's mean contrastive loss, a scalar; null adds 0.</param>
    /// <remarks>
    /// The rank of the true class is one more than the number of classes with a larger logit, or an equal one and a lower index. A logit
    /// that isn't a number counts as larger than any (as in PyTorch's <c>topk</c>); as the true class's own it counts as wrong. Reads the
    /// logits once. Not recorded on the tape. Deterministic: counts are exact up to 2²⁴ images; the sums of losses are kept as two floats each,
    /// which together hold about 48 bits, so that however many batches are added, the error stays that of the batches' own values. Fill the
    /// tally with 0 at the start of an epoch.
    /// </remarks>
    /// <exception cref="ShapeException">A shape doesn't fit.</exception>
    public static void Tally(Tensor tally, Tensor logits, Tensor labels, Tensor crossEntropy, Tensor? penalty, Tensor? contrastive = null)
    {
        if (tally.Shape.Count != Length) throw new ShapeException("Tally", $"tally is {tally.Shape} but must be [{Length}].");
        if (logits.Shape.Rank != 2 || labels.Shape != new Shape(logits.Shape[0]))
            throw new ShapeException("Tally", $"logits are {logits.Shape} and labels {labels.Shape} but must be [N, C] and [N].");
        if (crossEntropy.Shape.Count != 1 || penalty is not null && penalty.Shape.Count != 1 || contrastive is not null && contrastive.Shape.Count != 1)
            throw new ShapeException("Tally", $"cross-entropy {crossEntropy.Shape}, penalty {penalty?.Shape} and contrastive loss {contrastive?.Shape} must be scalars: the batch's means.");
        tally.MarkChanged();
        if (tally.Device is CpuDevice) TallyCpu.Add(tally, logits, labels, crossEntropy, penalty, contrastive);
        else TallyGpu.On(tally.Device).Add(tally, logits, labels, crossEntropy, penalty, contrastive);
    }

    /// <summary>The declaration.</summary>
    public static OpSpec Spec { get; } = new("tally", "tally += (N·losses, top-1, top-5, N)", Bound.Memory)
    {
        Cases =
        [
            Case(1, 1), Case(7, 3), Case(5, 10), Case(3, 131), Case(6, 9, ties: true), Case(9, 12, penalty: false), Case(9, 12, contrastive: true), Case(4, 11, penalty: false, contrastive: true),
            Case(129, 100) with { Toy = false },
        ],
        Benchmarks = () => [Case(128, 10), Case(128, 100), Case(128, 1000)],
        Tolerance = 1e-6,
    };

    private static OpCase Case(int n, int c, bool ties = false, bool penalty = true, bool contrastive = false)
    {
        List<OpInput> inputs =
        [
            new(new Shape(Length), Differentiable: false)
            {
                Draw = (random, i) => i is CrossEntropyRest or PenaltyRest or ContrastiveRest ? 1e-6 * random.NextDouble() : random.Next(50), Changes = true,
            },
            new(new(n, c), Differentiable: false) { Draw = ties ? OpInput.Whole(3) : OpInput.Normal(1) },
            new(new Shape(n), Differentiable: false) { Type = DType.Int32, Draw = OpInput.Whole(c) },
            new(Shape.Scalar, Differentiable: false) { Draw = OpInput.Uniform(0, 5) },
        ];
        if (penalty) inputs.Add(new(Shape.Scalar, Differentiable: false) { Draw = OpInput.Uniform(0, 5) });
        if (contrastive) inputs.Add(new(Shape.Scalar, Differentiable: false) { Draw = OpInput.Uniform(0, 5) });
        return new($"[{n}, {c}]{(ties ? " with ties" : "")}{(penalty ? "" : " without penalty")}{(contrastive ? " with contrastive loss" : "")}", inputs,
            x =>
            {
                Tally(x[0], x[1], x[2], x[3], penalty ? x[4] : null, contrastive ? x[^1] : null);
                return null;
            },
            x =>
            {
                TallyReference.Add(x[0], x[1], x[2], x[3][0], penalty ? x[4][0] : 0, contrastive ? x[^1][0] : 0);
                return [];
            })
        {
            Bytes = 4.0 * n * c,
        };
    }
}
