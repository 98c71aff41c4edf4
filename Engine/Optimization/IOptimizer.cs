namespace LpcEngine.Engine;

/// <summary>Changes parameters after each backward pass.</summary>
public interface IOptimizer
{
    /// <summary>The groups that the optimizer changes.</summary>
    IReadOnlyList<ParameterGroup> Groups { get; }

    /// <summary>Number of updates so far.</summary>
    long Steps { get; }

    /// <summary>Sets a group's learning rate for the updates to come.</summary>
    /// <param name="group">Index into <see cref="Groups"/>.</param>
    /// <param name="rate">The rate, not negative.</param>
    void SetRate(int group, double rate);

    /// <summary>Applies one update from the gradients that the last backward pass wrote.</summary>
    void Update();

    /// <summary>What must be saved, beside the parameters, for training to go on exactly: tensors with their names.</summary>
    /// <returns>The tensors, in a fixed order.</returns>
    IEnumerable<NamedTensor> State();

    /// <summary>Restores the number of updates from a checkpoint; the tensors of <see cref="State"/> are restored by their owner.</summary>
    /// <param name="steps">Number of updates so far.</param>
    void Resume(long steps);
}
