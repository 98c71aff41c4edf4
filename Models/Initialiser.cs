using LpcEngine.Engine;

namespace LpcEngine.Models;

/// <summary>
/// Draws initial weights. Each tensor has a random stream of its own, so its values depend on the seed and its place in the model alone.
/// </summary>
/// <param name="device">Where the weights go.</param>
/// <param name="seed">The seed of the run.</param>
public sealed class Initialiser(Device device, ulong seed)
{
    private readonly bool plans;
    private uint next = RandomStreams.InitialWeights;

    private Initialiser(Device device) : this(device, 0) => plans = true;

    /// <summary>Where the weights go.</summary>
    public Device Device => device;

    /// <summary>Whether the models that it makes are shapes alone.</summary>
    public bool IsPlan => plans;

    /// <summary>Makes models of shapes alone: their parameters can be counted, but not used, and take no memory.</summary>
    /// <param name="device">The device that the model is planned for.</param>
    /// <returns>An initialiser that draws nothing.</returns>
    public static Initialiser Plan(Device device) => new(device);

    /// <summary>Uniform values in ±1/√(inputs): PyTorch's default for convolution and linear layers, weights and biases.</summary>
    /// <param name="shape">The tensor's extents.</param>
    /// <param name="inputs">Number of inputs that one output sums over (fan-in), at least 1.</param>
    /// <returns>A kept tensor.</returns>
    /// <exception cref="UserErrorException">The machine or the device has too little memory.</exception>
    /// <remarks>
    /// PyTorch calls this Kaiming-uniform with a = √5; √(6/((1 + 5)·inputs)) = 1/√inputs. Source: He et al., arXiv:1502.01852.
    /// </remarks>
    public Tensor Uniform(Shape shape, int inputs)
    {
        if (plans) return device.Plan(shape);
        var bound = 1 / MathF.Sqrt(inputs);
        var stream = next++;
        var values = HostMemory.NewArray<float>(shape.Count);
        for (var i = 0; i < values.Length; i++) values[i] = bound * (2 * Philox.Uniform(seed, stream, (ulong)i) - 1);
        return device.NewKept<float>(shape, values);
    }

    /// <summary>A constant tensor.</summary>
    /// <param name="shape">The tensor's extents.</param>
    /// <param name="value">Every element.</param>
    /// <returns>A kept tensor.</returns>
    /// <exception cref="UserErrorException">The device has too little memory.</exception>
    public Tensor Constant(Shape shape, float value)
    {
        if (plans) return device.Plan(shape);
        var tensor = device.NewKept(shape);
        device.Fill(tensor, value);
        return tensor;
    }
}
