namespace LpcEngine.Engine;

/// <summary>The same elements under another shape: the derivative is the gradient under the input's shape, without a copy.</summary>
internal sealed class ViewNode : TapeNode
{
    /// <summary>What is seen under another shape.</summary>
    public Tensor Input { get; set; } = null!;

    /// <inheritdoc/>
    public override void Backward(Tensor dY, Gradients gradients)
    {
        if (gradients.Wants(Input)) gradients.AddShared(Input, dY);
    }
}
