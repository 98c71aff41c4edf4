using LpcEngine.Engine;
using LpcEngine.Kernels;

namespace LpcEngine.Models;

/// <summary>y = x·W (+ b). Files hold the weight as [out, in]; here it is [in, out].</summary>
public sealed class LinearLayer : Module
{
    private static readonly int[] FileAxes = [1, 0];

    /// <summary>Makes the layer with PyTorch's default initialisation.</summary>
    /// <param name="initialiser">Draws weight and bias.</param>
    /// <param name="inputs">Width of x.</param>
    /// <param name="outputs">Width of y.</param>
    /// <param name="bias">Whether there is a bias.</param>
    public LinearLayer(Initialiser initialiser, int inputs, int outputs, bool bias)
    {
        Weight = Parameter("weight", initialiser.Uniform(new Shape(inputs, outputs), inputs), FileAxes);
        if (bias) Bias = Parameter("bias", initialiser.Uniform(new Shape(outputs), inputs));
    }

    /// <summary>The weight [in, out].</summary>
    public Tensor Weight { get; }

    /// <summary>The bias [out], or null.</summary>
    public Tensor? Bias { get; }

    /// <summary>Applies the layer.</summary>
    /// <param name="x">[N, in].</param>
    /// <returns>[N, out].</returns>
    public Tensor Forward(Tensor x) => x.Linear(Weight, Bias);
}
