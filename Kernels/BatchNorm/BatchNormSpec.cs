using LpcEngine.Engine;

namespace LpcEngine.Kernels;

public static partial class BatchNormOp
{
    /// <summary>The declaration of <see cref="BatchNorm"/>.</summary>
    public static OpSpec Spec { get; } = Declare("batch-norm", "y = w·(x − mean)/√(variance + ε) + b", Fusion.None);

    /// <summary>The declaration of <see cref="BatchNormSwish"/>.</summary>
    public static OpSpec SwishSpec { get; } = Declare("batch-norm-swish", "y = Swish(BN(x))", Fusion.Swish);

    /// <summary>The declaration of <see cref="BatchNormAddSwish"/>.</summary>
    public static OpSpec AddSwishSpec { get; } = Declare("batch-norm-add-swish", "y = Swish(BN(x) + shortcut)", Fusion.AddSwish);

    private static OpSpec Declare(string name, string formula, Fusion fusion) => new(name, formula, Bound.Memory)
    {
        Cases =
        [
            Case(fusion, new(4, 5, 5, 8), true),
            Case(fusion, new(2, 7, 3, 19), true, momentum: 0.3f, epsilon: 1e-3f),
            Case(fusion, new(2, 7, 3, 19), false),
            Case(fusion, new(16, 64), true),
            Case(fusion, new(33, 1), true),
            Case(fusion, new(5, 9, 11, 3), true),
            Case(fusion, new(1, 1, 1, 17), false),
            Case(fusion, new(3, 17), true, momentum: 1f),
            Case(fusion, new(3, 21, 20, 17), true) with { Toy = false },
            Case(fusion, new(2, 9, 9, 132), true) with { Toy = false },
            Case(fusion, new(3, 2, 2, 2048), false) with { Toy = false },
            Case(fusion, new(8, 33, 32, 16), true) with { Toy = false },
            // A mean of 10⁴ deviations: x's own rounding is in what the reference sees, so the kernels' error must not grow.
            Case(fusion, new(6, 7, 5, 24), true, mean: 1e4, xScale: 1) with { Label = "[6, 7, 5, 24] mean 1e4 deviations" },
            // A mean that takes bf16 most of its digits, but leaves it some; of the other two cases it sees a constant.
            Case(fusion, new(6, 7, 5, 24), true, mean: 30, xScale: 1) with { Label = "[6, 7, 5, 24] mean 30 deviations" },
            Case(fusion, new(16, 16, 9, 8), true, mean: -3e-2, xScale: 3e-6, epsilon: 1e-12f) with { Label = "[16, 16, 9, 8] tiny variance", Toy = false },
            // So many partial results of a channel that the GPU's threads which combine them have more than one share.
            Case(fusion, new(2, 107, 107, 1), true) with { Toy = false }, Case(fusion, new(2, 61, 67, 3), true) with { Toy = false },
            .. fusion == Fusion.None ? [] : FarBelow(fusion),
        ],
        Benchmarks = () =>
        [
            Case(fusion, new(128, 32, 32, 64), true), Case(fusion, new(128, 16, 16, 128), true), Case(fusion, new(128, 8, 8, 256), true), Case(fusion, new(128, 4, 4, 512), true),
            Case(fusion, new(128, 32, 32, 256), true), Case(fusion, new(128, 4, 4, 2048), true), Case(fusion, new(128, 32, 32, 16), true), Case(fusion, new(128, 32, 32, 64), false),
        ],
        Tolerance = 5e-6,
        // With a shortcut dX is made of a g that has been rounded, and smaller than it where few values share a mean.
        Bf16Tolerance = fusion == Fusion.AddSwish ? 6e-3 : 4e-3,
        Bf16FloatTolerance = 5e-6,
        MorePrecisions = OpSpec.Bf16OnGpus,
    };

    // Biases that put every third channel where Swish and its slope are 0.
    private static OpCase[] FarBelow(Fusion fusion) =>
    [
        Case(fusion, new(4, 5, 3, 17), true, drawBias: (random, i) => i % 3 == 1 ? -1e38 : random.NextDouble())
            with { Label = "[4, 5, 3, 17] biases of −10³⁸" },
    ];

    private static OpCase Case(
        Fusion fusion, Shape shape, bool training, double mean = 0.5, double xScale = 2, float momentum = 0.1f, float epsilon = 1e-5f,
        Func<Random, int, double>? drawBias = null)
    {
        int channels = shape[-1], at = fusion == Fusion.AddSwish ? 2 : 1;
        var reference = new BatchNormReference(channels, training, momentum, epsilon, fusion);
        var parameters = new Shape(channels);
        var x = new OpInput(shape) { Draw = OpInput.Normal(xScale, mean), Step = 1e-4 * xScale, IsActivation = true };
        OpInput[] rest =
        [
            new(parameters) { Draw = OpInput.Uniform(0.5, 1.5) },
            drawBias is null ? new(parameters) : new(parameters) { Draw = drawBias, Step = 1e-5 },
            new(parameters, Differentiable: false) { Draw = OpInput.Normal(0.2, mean), Changes = training },
            new(parameters, Differentiable: false) { Draw = OpInput.Uniform(0.5, 4), Changes = training },
        ];
        double tensor = 4.0 * shape.Count;
        return new OpCase(
            $"{shape}{(training ? "" : " evaluation")} momentum {momentum} ε {epsilon}",
            fusion == Fusion.AddSwish ? [x, new(shape) { IsActivation = true }, .. rest] : [x, .. rest],
            t => fusion switch
            {
                Fusion.None => t[0].BatchNorm(t[1], t[2], t[3], t[4], training, momentum, epsilon),
                Fusion.Swish => t[0].BatchNormSwish(t[1], t[2], t[3], t[4], training, momentum, epsilon),
                _ => t[0].BatchNormAddSwish(t[1], t[2], t[3], t[4], t[5], training, momentum, epsilon),
            },
            t => reference.Forward(t[0], at == 2 ? t[1] : null, t[at], t[at + 1], t[at + 2], t[at + 3]))
        {
            Backward = (t, dY) =>
            {
                var (dX, dShortcut, dWeight, dBias) = reference.Backward(t[0], at == 2 ? t[1] : null, t[at], t[at + 1], t[at + 2], t[at + 3], dY);
                return at == 2 ? [dX, dShortcut, dWeight, dBias, null, null] : [dX, dWeight, dBias, null, null];
            },
            // Passes over tensors of x's size, as the remarks of the operation count them.
            Bytes = tensor * ((training ? 3 : 2) + (at - 1)),
            BackwardBytes = tensor * (at == 2 ? 7 : 5),
        };
    }
}
