using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>
/// Supervised contrastive loss on a batch's cosines x [B, B]. With sᵢⱼ = xᵢⱼ/T − maxⱼ(xᵢⱼ/T), P(i) the other samples of i's class and
/// δ = 1e-8: y = 1/B Σᵢ −1/(|P(i)| + δ) Σ_{p∈P(i)} [sᵢₚ − log(Σ_{a≠i} exp sᵢₐ + δ)].
/// Derivative for j ≠ i, with Dᵢ = Σ_{a≠i} exp sᵢₐ: dxᵢⱼ = dY/(B·T·(|P(i)| + δ))·(|P(i)|·exp sᵢⱼ/(Dᵢ + δ) − [j ∈ P(i)]); dxᵢᵢ = 0.
/// </summary>
/// <remarks>
/// Source: Khosla et al., Supervised Contrastive Learning, arXiv:2004.11362, equation 2, with one view per image; the two δ, the row
/// maximum over all j (i itself included) and its being a constant to the derivative are those of the LPC paper's code. That matters
/// where the maximum is a sample's cosine with itself and all others are smaller by T·18 or more: there Dᵢ is no larger than δ.
/// </remarks>
public static class SupervisedContrastiveOp
{
    /// <summary>δ: keeps the quotient and the logarithm finite.</summary>
    internal const float Delta = 1e-8f;

    /// <summary>The mean over all samples; those without a partner of their class add 0.</summary>
    /// <param name="cosines">[B, B], float: row i holds the cosines of sample i with all samples.</param>
    /// <param name="labels">[B], <see cref="DType.Int32"/>, below 2²⁴. Only their being equal matters.</param>
    /// <param name="temperature">T, positive; 0.05 in the paper's code.</param>
    /// <returns>A scalar of the running step.</returns>
    /// <remarks>
    /// Reads the cosines twice (from cache: 128² floats are 64 KiB); backward reads them once more and writes dX. Saves the cosines, the
    /// labels and four numbers a row. Cosines that aren't numbers make the loss NaN. Deterministic: each row is summed in a fixed order,
    /// then the rows in a fixed order.
    /// </remarks>
    /// <exception cref="ShapeException">The cosines aren't square or the labels don't fit.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The temperature isn't positive.</exception>
    public static Tensor SupervisedContrastive(this Tensor cosines, Tensor labels, float temperature)
    {
        if (cosines.Shape.Rank != 2 || cosines.Shape[0] != cosines.Shape[1])
            throw new ShapeException("SupervisedContrastive", $"cosines are {cosines.Shape} but must be [B, B]: every sample with every sample.");
        if (labels.Shape != new Shape(cosines.Shape[0]))
            throw new ShapeException("SupervisedContrastive", $"labels are {labels.Shape} but cosines {cosines.Shape} need [{cosines.Shape[0]}]: one label a row.");
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(temperature);
        var device = cosines.Device;
        var y = device.New(Shape.Scalar);
        var rows = device.New(new Shape(Entries, cosines.Shape[0]));
        if (device is CpuDevice cpu) SupervisedContrastiveCpu.Forward(cpu, cosines, labels, temperature, rows, y);
        else SupervisedContrastiveGpu.On(device).Forward(cosines, labels, temperature, rows, y);
        if (device.Tape.Record<Node>(y, cosines) is { } node)
            (node.Cosines, node.Labels, node.Rows, node.Temperature) = (cosines, labels, rows, temperature);
        return y;
    }

    /// <summary>Entries that are saved for each row.</summary>
    internal const int Entries = 4;

    /// <summary>Entry: the largest xᵢⱼ.</summary>
    internal const int Largest = 0;

    /// <summary>Entry: 1/(|P(i)| + δ).</summary>
    internal const int Weight = 1;

    /// <summary>Entry: |P(i)|/(|P(i)| + δ)/(Dᵢ + δ).</summary>
    internal const int Factor = 2;

    /// <summary>Entry: the row's loss.</summary>
    internal const int Loss = 3;

    private sealed class Node : TapeNode
    {
        public Tensor Cosines = null!, Labels = null!, Rows = null!;
        public float Temperature;

        public override void Backward(Tensor dY, Gradients gradients)
        {
            if (!gradients.Wants(Cosines)) return;
            var dX = gradients.Allocate(Cosines);
            if (Cosines.Device is CpuDevice cpu) SupervisedContrastiveCpu.Backward(cpu, Cosines, Labels, Temperature, Rows, dY, dX);
            else SupervisedContrastiveGpu.On(Cosines.Device).Backward(Cosines, Labels, Temperature, Rows, dY, dX);
            gradients.Add(Cosines, dX);
        }
    }

    /// <summary>The declaration.</summary>
    public static OpSpec Spec { get; } = new("supervised-contrastive", "y = −mean over i of mean over P(i) of log(exp(xᵢₚ/T)/Σ exp(xᵢₐ/T))", Bound.Memory)
    {
        // Cosines near each other, so that δ is far below the sums and central differences don't see that the maximum is a constant.
        Cases =
        [
            Case(3, 1, 0.05), Case(7, 3, 0.05), Case(19, 4, 0.1), Case(5, 1, 0.05), Case(35, 35, 0.05), Case(80, 10, 0.05) with { Toy = false },
            Case(129, 100, 0.05) with { Toy = false },
            // One sample: no pairs. Nobody with a partner. Sums around δ: the sample itself is the maximum, all others are far from it.
            Case(1, 1, 0.05), Distinct(5), Far(21, 3, 0.1), Far(37, 6, -0.9),
        ],
        Benchmarks = () => [Case(128, 10, 0.05), Case(128, 100, 0.05), Case(1024, 100, 0.05)],
    };

    private static OpCase Distinct(int n) => WithLabels(Case(n, n, 0.05), (_, i) => i) with { Label = $"[{n}, {n}] no two of a class" };

    private static OpCase Far(int n, int classes, double high)
    {
        var declared = Case(n, classes, 0.05);
        var cosines = declared.Inputs[0] with { Draw = (random, i) => i % (n + 1) == 0 ? 1 : high - 0.1 * random.NextDouble() };
        return declared with { Label = $"[{n}, {n}] of {classes} below {high}", Inputs = [cosines, declared.Inputs[1]], HasKinks = true };
    }

    private static OpCase WithLabels(OpCase declared, Func<Random, int, double> draw) =>
        declared with { Inputs = [declared.Inputs[0], declared.Inputs[1] with { Draw = draw }] };

    private static OpCase Case(int n, int classes, double temperature) => new($"[{n}, {n}] of {classes} T {temperature}",
        [
            new(new(n, n)) { Draw = OpInput.Uniform(0.7, 1) },
            new(new Shape(n), Differentiable: false) { Type = DType.Int32, Draw = OpInput.Whole(classes) },
        ],
        x => x[0].SupervisedContrastive(x[1], (float)temperature),
        x => SupervisedContrastiveReference.Forward(x[0], x[1], (float)temperature))
    {
        Backward = (x, dY) => [SupervisedContrastiveReference.Backward(x[0], x[1], (float)temperature, dY), null],
        Flops = 5.0 * n * n,
        Bytes = 4.0 * n * n,
        BackwardFlops = 6.0 * n * n,
        BackwardBytes = 8.0 * n * n,
        // Small beside T, and so that no other cosine becomes the largest.
        Epsilon = 1e-7,
    };
}
