namespace LpcEngine.Engine;

/// <summary>A part of a model: named parameters and buffers, and named parts of its own.</summary>
/// <remarks>Names join with dots from the root, as in PyTorch, so that files can be exchanged. The order is the order of declaration.</remarks>
public abstract class Module
{
    private readonly List<NamedTensor> own = [];
    private readonly List<(string Name, Module Part)> parts = [];
    private readonly List<NamedCounter> counters = [];
    private bool training = true;

    /// <summary>Whether the module and its parts behave as in training (batch statistics) or as in evaluation (running statistics).</summary>
    public bool Training
    {
        get => training;
        set
        {
            training = value;
            foreach (var (_, part) in parts) part.Training = value;
        }
    }

    /// <summary>The module's own parts under their names, in order of declaration; theirs are theirs.</summary>
    public IReadOnlyList<(string Name, Module Part)> Parts => parts;

    /// <summary>All tensors of the module and its parts: parameters and buffers, in order of declaration.</summary>
    /// <param name="prefix">What stands before each name.</param>
    /// <returns>The tensors with their full names.</returns>
    public IEnumerable<NamedTensor> State(string prefix = "")
    {
        foreach (var tensor in own) yield return tensor with { Name = prefix + tensor.Name };
        foreach (var (name, part) in parts)
            foreach (var tensor in part.State(Join(prefix, name))) yield return tensor;
    }

    /// <summary>The parameters of the module and its parts, in order of declaration.</summary>
    /// <returns>The parameters with their full names.</returns>
    public IEnumerable<NamedTensor> Parameters() => State().Where(tensor => tensor.IsParameter);

    /// <summary>Integer counters that belong to the state but not to the arithmetic, such as the number of batches seen.</summary>
    /// <param name="prefix">What stands before each name.</param>
    /// <returns>The counters with their full names.</returns>
    public IEnumerable<NamedCounter> Counters(string prefix = "")
    {
        foreach (var counter in counters) yield return counter with { Name = prefix + counter.Name };
        foreach (var (name, part) in parts)
            foreach (var counter in part.Counters(Join(prefix, name))) yield return counter;
    }

    /// <summary>Number of trained values.</summary>
    /// <returns>Sum of the parameters' sizes.</returns>
    public long ParameterCount() => Parameters().Sum(parameter => (long)parameter.Tensor.Shape.Count);

    /// <summary>Makes constants of the parameters of the module and its parts until the scope ends: see <see cref="FrozenScope"/>.</summary>
    /// <returns>A scope for <c>using</c>; scopes may be nested. Parameters that track no gradient stay as they are, also afterwards.</returns>
    public FrozenScope Freeze() => new(this);

    private static string Join(string prefix, string name) => name.Length == 0 ? prefix : $"{prefix}{name}.";

    /// <summary>Declares a part.</summary>
    /// <typeparam name="T">The part's class.</typeparam>
    /// <param name="name">Its name; may hold dots. Empty for a part whose tensors keep their names without a prefix.</param>
    /// <param name="part">The part.</param>
    /// <returns>The part.</returns>
    protected T Part<T>(string name, T part) where T : Module
    {
        parts.Add((name, part));
        return part;
    }

    /// <summary>Declares a trained tensor.</summary>
    /// <param name="name">Its name within the module.</param>
    /// <param name="tensor">A kept tensor; it tracks gradients from now on.</param>
    /// <param name="fileAxes">How files order the axes, see <see cref="NamedTensor"/>; null for the same order.</param>
    /// <returns>The tensor.</returns>
    protected Tensor Parameter(string name, Tensor tensor, int[]? fileAxes = null)
    {
        tensor.TracksGradient = true;
        own.Add(new NamedTensor(name, tensor, fileAxes, IsParameter: true));
        return tensor;
    }

    /// <summary>Declares a tensor that is part of the state but not trained.</summary>
    /// <param name="name">Its name within the module.</param>
    /// <param name="tensor">A kept tensor.</param>
    /// <returns>The tensor.</returns>
    protected Tensor Buffer(string name, Tensor tensor)
    {
        own.Add(new NamedTensor(name, tensor, null, IsParameter: false));
        return tensor;
    }

    /// <summary>Declares an integer of the state.</summary>
    /// <param name="name">Its name within the module.</param>
    /// <param name="get">Reads it.</param>
    /// <param name="set">Overwrites it.</param>
    protected void Counter(string name, Func<long> get, Action<long> set) => counters.Add(new NamedCounter(name, get, set));
}

/// <summary>An integer of a module's state under its full name.</summary>
/// <param name="Name">Dotted path from the root module.</param>
/// <param name="Get">Reads it.</param>
/// <param name="Set">Overwrites it.</param>
public sealed record NamedCounter(string Name, Func<long> Get, Action<long> Set);
