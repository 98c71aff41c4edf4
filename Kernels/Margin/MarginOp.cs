using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>
/// Logits with a margin from cosines x: y = s·clamp(t), where t = x but for the label's class. There ArcFace has t = cos(θ + m) with
/// θ = arccos x, and CosFace t = x − m. So the label's class has to win by the margin.
/// </summary>
/// <remarks>
/// Sources: Deng et al., ArcFace, arXiv:1801.07698; Wang et al., CosFace, arXiv:1801.09414; clamps and the branch beyond π as in the LPC
/// paper's code. Numbers are clamped to ±<see cref="Limit"/>; where a clamp holds, the derivative is 0. ArcFace clamps x first, so that
/// sin θ = √((1 − x)(1 + x)) is never 0, and uses x − m·sin m in place of cos(θ + m) where θ + m ≥ π (x ≤ −cos m), since the cosine
/// rises again there. Derivatives of t: cos m + x·sin m/sin θ, and 1. For m up to 2.3 the clamp holds wherever θ + m ≥ π, because
/// cos m + m·sin m ≥ 1.
/// </remarks>
public static class MarginOp
{
    /// <summary>The largest cosine that is told apart from 1: the float nearest to 1 − 1e-7.</summary>
    public const float Limit = 1f - 1e-7f;

    /// <summary>ArcFace's logits.</summary>
    /// <param name="cosines">[N, C], float: each sample's cosines with the classes' directions.</param>
    /// <param name="labels">[N], <see cref="DType.Int32"/>. A label outside 0 … C − 1 gets no margin; the loss that follows is NaN then.</param>
    /// <param name="scale">s, a float scalar in device memory, because it changes from epoch to epoch. It gets no gradient.</param>
    /// <param name="margin">m, an angle from 0 to π; a scalar as s.</param>
    /// <returns>Logits [N, C], of the running step.</returns>
    /// <remarks>
    /// Memory-bound: reads the cosines, writes the logits; backward reads cosines and dY, writes dX. Saves references only. NaN stays NaN.
    /// Deterministic: elements don't meet.
    /// </remarks>
    /// <exception cref="ShapeException">A shape doesn't fit.</exception>
    public static Tensor AngularMargin(this Tensor cosines, Tensor labels, Tensor scale, Tensor margin) =>
        Apply("AngularMargin", cosines, labels, scale, margin, isAngular: true);

    /// <summary>CosFace's logits.</summary>
    /// <param name="cosines">[N, C], float: each sample's cosines with the classes' directions.</param>
    /// <param name="labels">[N], <see cref="DType.Int32"/>. A label outside 0 … C − 1 gets no margin; the loss that follows is NaN then.</param>
    /// <param name="scale">s, a float scalar in device memory, because it changes from epoch to epoch. It gets no gradient.</param>
    /// <param name="margin">m, a difference of cosines, from 0 to 2; a scalar as s.</param>
    /// <returns>Logits [N, C], of the running step.</returns>
    /// <remarks>Cost, what is saved and determinism are those of <see cref="AngularMargin"/>.</remarks>
    /// <exception cref="ShapeException">A shape doesn't fit.</exception>
    public static Tensor CosineMargin(this Tensor cosines, Tensor labels, Tensor scale, Tensor margin) =>
        Apply("CosineMargin", cosines, labels, scale, margin, isAngular: false);

    private static Tensor Apply(string name, Tensor cosines, Tensor labels, Tensor scale, Tensor margin, bool isAngular)
    {
        if (cosines.Shape.Rank != 2) throw new ShapeException(name, $"cosines are {cosines.Shape} but must be [N, C].");
        if (labels.Shape != new Shape(cosines.Shape[0]))
            throw new ShapeException(name, $"labels are {labels.Shape} but cosines {cosines.Shape} need [{cosines.Shape[0]}]: one label a row.");
        if (scale.Shape.Count != 1 || margin.Shape.Count != 1)
            throw new ShapeException(name, $"scale {scale.Shape} and margin {margin.Shape} must be scalars.");
        var device = cosines.Device;
        var y = device.New(cosines.Shape);
        if (device is CpuDevice cpu) MarginCpu.Forward(cpu, cosines, labels, scale, margin, isAngular, y);
        else MarginGpu.On(device).Forward(cosines, labels, scale, margin, isAngular, y);
        if (device.Tape.Record<Node>(y, cosines) is { } node)
            (node.Cosines, node.Labels, node.Scale, node.Margin, node.IsAngular) = (cosines, labels, scale, margin, isAngular);
        return y;
    }

    private sealed class Node : TapeNode
    {
        public Tensor Cosines = null!, Labels = null!, Scale = null!, Margin = null!;
        public bool IsAngular;

        public override void Backward(Tensor dY, Gradients gradients)
        {
            if (!gradients.Wants(Cosines)) return;
            var dX = gradients.Allocate(Cosines);
            if (Cosines.Device is CpuDevice cpu) MarginCpu.Backward(cpu, Cosines, Labels, Scale, Margin, IsAngular, dY, dX);
            else MarginGpu.On(Cosines.Device).Backward(Cosines, Labels, Scale, Margin, IsAngular, dY, dX);
            gradients.Add(Cosines, dX);
        }
    }

    /// <summary>The declaration of <see cref="AngularMargin"/>.</summary>
    public static OpSpec AngularSpec { get; } = MarginSpec.Of(
        "angular-margin", "y = s·clamp(x), at the label s·clamp(cos(arccos x + m))", isAngular: true);

    /// <summary>The declaration of <see cref="CosineMargin"/>.</summary>
    public static OpSpec CosineSpec { get; } = MarginSpec.Of("cosine-margin", "y = s·clamp(x), at the label s·clamp(x − m)", isAngular: false);
}
