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
    /// <param name="parameters">At least one parameter: kept float tensors of one device, each once and in no other group.</param>
    /// <exception cref="ArgumentException">There is no parameter, or one of them is not what it must be; nothing has been moved then.</exception>
    /// <exception cref="ShapeException">All together have more elements than one tensor can have.</exception>
    /// <exception cref="UserErrorException">The device has too little memory.</exception>
    public ParameterGroup(string name, IEnumerable<NamedTensor> parameters)
    {
        (Name, Parameters) = (name, parameters.ToArray());
        if (Parameters.Count == 0) throw new ArgumentException($"Parameter group '{name}' is empty.", nameof(parameters));
        var device = Parameters[0].Tensor.Device;
        Check(device);
        var length = Parameters.Sum(parameter => Tiling.RoundUp((long)parameter.Tensor.Shape.Count, Alignment));
        if (length > int.MaxValue)
            throw new ShapeException("ParameterGroup", $"the parameters of '{name}' have {length:N0} elements together; one group can have at most {int.MaxValue:N0}. Use a smaller --width or --penultimate.");
        Values = device.NewKept(new Shape((int)length));
        Gradients = device.NewKept(new Shape((int)length));
        var offset = 0;
        foreach (var (_, tensor, _, _) in Parameters)
        {
            device.Move(tensor, Values, offset);
            tensor.Group = this;
            tensor.GradientSlot = device.KeptView(Gradients, offset, tensor.Shape);
            device.GroupedParameters.Add(tensor);
            offset += Place(tensor.Shape);
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

    /// <summary>The part of <see cref="Gradients"/> that belongs to a parameter.</summary>
    /// <param name="parameter">A parameter of any group.</param>
    /// <returns>Its gradient, as the last backward pass left it.</returns>
    /// <exception cref="ArgumentException">It is in no group.</exception>
    public static Tensor GradientOf(Tensor parameter) => parameter.GradientSlot ?? throw new ArgumentException($"{parameter} is in no parameter group.", nameof(parameter));

    /// <summary>Elements from where a parameter of a shape begins in the flat array to where the next one does.</summary>
    internal static int Place(Shape shape) => Tiling.RoundUp(shape.Count, Alignment);

    private void Check(Device device)
    {
        var seen = new HashSet<Tensor>();
        foreach (var (parameter, tensor, _, _) in Parameters)
        {
            var problem = !tensor.IsAlive ? "was freed, or its step has ended"
                : tensor.Device != device ? $"is on device {tensor.Device.Name}, the first one on {device.Name}; all must be on one device"
                : tensor.Type != DType.Float32 ? $"is of type {tensor.Type}; it must be {DType.Float32}"
                : !seen.Add(tensor) ? "is there twice"
                : tensor.GradientSlot is not null ? "is in another group already"
                : !device.Owns(tensor) ? "is not a kept tensor (Device.NewKept) of its own"
                : null;
            if (problem is not null) throw new ArgumentException($"Parameter group '{Name}': {parameter} {problem}.", "parameters");
        }
    }
}
