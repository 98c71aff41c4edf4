namespace LpcEngine.Engine;

/// <summary>Parameters that share a learning rate, laid out as one flat array, and their gradients as another.</summary>
/// <remarks>
/// Backward passes write each parameter's gradient directly to its place in <see cref="Gradients"/>, so one kernel over a flat array updates the
/// whole group. Parameters live as long as their device, so a group is made once a model. Each parameter starts at a multiple of 64 elements; the gaps hold zeros and stay zero.
/// </remarks>
public sealed class ParameterGroup
{
    private const int Alignment = 64;

    /// <summary>Moves the parameters' elements into one flat tensor and gives each a fixed place for its gradient.</summary>
    /// <param name="name">What the group is called in messages and checkpoints.</param>
    /// <param name="parameters">At least one parameter, all on one device, in no other group.</param>
    public ParameterGroup(string name, IEnumerable<NamedTensor> parameters)
    {
        (Name, Parameters) = (name, parameters.ToArray());
        if (Parameters.Count == 0) throw new ArgumentException($"Parameter group '{name}' is empty.", nameof(parameters));
        var device = Parameters[0].Tensor.Device;
        var length = Parameters.Sum(parameter => RoundUp(parameter.Tensor.Shape.Count));
        Values = device.NewKept(new Shape(length));
        Gradients = device.NewKept(new Shape(length));
        var offset = 0;
        foreach (var (_, tensor, _, _) in Parameters)
        {
            device.Move(tensor, Values, offset);
            tensor.GradientSlot = device.KeptView(Gradients, offset, tensor.Shape);
            device.GroupedParameters.Add(tensor);
            offset += RoundUp(tensor.Shape.Count);
        }
    }

    /// <summary>What the group is called.</summary>
    public string Name { get; }

    /// <summary>The parameters, in the order of the flat array.</summary>
    public IReadOnlyList<NamedTensor> Parameters { get; }

    /// <summary>All parameters' elements, flat.</summary>
    public Tensor Values { get; }

    /// <summary>All parameters' gradients, flat, as the last backward pass left them: zero for a parameter on which its loss did not depend.</summary>
    public Tensor Gradients { get; }

    private static int RoundUp(int count) => (count + Alignment - 1) / Alignment * Alignment;
}
