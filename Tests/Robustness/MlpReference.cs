using LpcEngine.Models;

namespace LpcEngine.Tests.Robustness;

/// <summary>A classifier with the backbone mlp in plain loops and double precision: logits, and the derivative of each logit with respect to each input.</summary>
internal sealed class MlpReference
{
    private readonly List<(double[,] Weight, double[] Bias, bool Swish)> layers = [];

    public MlpReference(Classifier model, Head head)
    {
        var state = model.State().ToDictionary(tensor => tensor.Name, tensor => tensor.Tensor);
        for (var i = 0; state.ContainsKey($"layers.{i}.weight"); i++) Add(state, $"layers.{i}", swish: true);
        if (head != Head.None) Add(state, "penultimate", swish: head == Head.NonLinear);
        Add(state, "fc", swish: false);
    }

    /// <summary>f [classes] and ∂f_k/∂x_i [classes, inputs].</summary>
    public (double[] Logits, double[,] Jacobian) At(double[] x)
    {
        var values = x;
        var slopes = new double[x.Length, x.Length];
        for (var i = 0; i < x.Length; i++) slopes[i, i] = 1;
        foreach (var (weight, bias, swish) in layers)
        {
            var outputs = bias.Length;
            var (nextValues, nextSlopes) = ((double[])bias.Clone(), new double[outputs, x.Length]);
            for (var k = 0; k < outputs; k++)
            {
                for (var c = 0; c < values.Length; c++)
                {
                    nextValues[k] += weight[c, k] * values[c];
                    for (var i = 0; i < x.Length; i++) nextSlopes[k, i] += weight[c, k] * slopes[c, i];
                }
                if (!swish) continue;
                var (v, sigma) = (nextValues[k], 1 / (1 + Math.Exp(-nextValues[k])));
                nextValues[k] = v * sigma;
                for (var i = 0; i < x.Length; i++) nextSlopes[k, i] *= sigma * (1 + v * (1 - sigma));
            }
            (values, slopes) = (nextValues, nextSlopes);
        }
        return (values, slopes);
    }

    private void Add(Dictionary<string, Tensor> state, string name, bool swish)
    {
        var (weight, flat) = (state[$"{name}.weight"], state[$"{name}.weight"].ToFloats());
        var matrix = new double[weight.Shape[0], weight.Shape[1]];
        for (var c = 0; c < weight.Shape[0]; c++)
            for (var k = 0; k < weight.Shape[1]; k++) matrix[c, k] = flat[c * weight.Shape[1] + k];
        var bias = state.TryGetValue($"{name}.bias", out var b) ? Array.ConvertAll(b.ToFloats(), value => (double)value) : new double[weight.Shape[1]];
        layers.Add((matrix, bias, swish));
    }
}
