namespace LpcEngine.Engine;

/// <summary>An operation was given shapes that do not fit together.</summary>
/// <remarks>The message names the operation, the shapes received, the rule they break and the way out.</remarks>
/// <param name="operation">The public name of the operation that refused.</param>
/// <param name="problem">The shapes, the rule and the way out, in one line.</param>
public sealed class ShapeException(string operation, string problem) : ArgumentException($"{operation}: {problem}")
{
    /// <summary>The operation that refused.</summary>
    public string Operation { get; } = operation;
}
