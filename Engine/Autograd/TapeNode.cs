namespace LpcEngine.Engine;

/// <summary>One recorded operation: what it saved for its derivative, and the derivative itself.</summary>
/// <remarks>
/// Each operation derives a small class beside its forward code. Its fields are the tensors that the derivative needs. Node objects are
/// reused step after step, so a node holds no resources of its own.
/// </remarks>
public abstract class TapeNode
{
    /// <summary>The operation's result, whose gradient <see cref="Backward"/> receives.</summary>
    public Tensor Output { get; internal set; } = null!;

    /// <summary>The parameter among the operation's inputs, for telling which layer it belongs to; null without.</summary>
    public Tensor? Parameter { get; internal set; }

    /// <summary>The operation's name, for messages: that of the class that holds the node's.</summary>
    public string Operation => (GetType().DeclaringType ?? GetType()).Name switch
    {
        var name when name.EndsWith("Op", StringComparison.Ordinal) => name[..^2],
        var name when name.EndsWith("Node", StringComparison.Ordinal) => name[..^4],
        var name => name,
    };

    /// <summary>Adds the gradients of the operation's inputs to the map.</summary>
    /// <param name="dY">∂loss/∂output, of the output's shape and type. Not to be changed.</param>
    /// <param name="gradients">Where input gradients go: ask <see cref="Gradients.Wants"/>, write into <see cref="Gradients.Allocate"/>, then <see cref="Gradients.Add"/>.</param>
    public abstract void Backward(Tensor dY, Gradients gradients);
}
