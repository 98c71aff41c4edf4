using LpcEngine.Engine;
using LpcEngine.Experiments.Training;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Robustness;

/// <summary>The gradient of an image's margin m = f_y − max_{k≠y} f_k, of the true logit over the best other one, with respect to the network's (normalised) input.</summary>
/// <param name="Norm">‖∇m‖₂.</param>
/// <param name="Margin">m.</param>
/// <param name="MeanLogit">Mean of |f_k| over the classes.</param>
internal readonly record struct MarginGradient(double Norm, double Margin, double MeanLogit);

/// <summary>Input-gradient norms of many images: how steep the network is around them, the local part of its Lipschitz constant.</summary>
/// <param name="All">Of each image.</param>
internal sealed record InputGradients(IReadOnlyList<MarginGradient> All)
{
    // What the code of the paper leaves out of its mean.
    private const double Tiny = 1e-9;

    /// <summary>Mean of the norms, of all images whose norm is finite.</summary>
    public double Mean => Finite.DefaultIfEmpty(double.NaN).Average();

    /// <summary>Their median.</summary>
    public double Median => Middle(Finite);

    /// <summary>The largest.</summary>
    public double Max => Finite.DefaultIfEmpty(double.NaN).Max();

    /// <summary>Mean without the norms of at most 1e-9, as the paper's code has it.</summary>
    public double MeanNonzero => Finite.Where(norm => norm > Tiny).DefaultIfEmpty(double.NaN).Average();

    /// <summary>How many of the finite ones are at most 1e-9.</summary>
    public int Zero => Finite.Count(norm => norm <= Tiny);

    /// <summary>How many are not finite.</summary>
    public int NonFinite => All.Count - Finite.Count();

    /// <summary>Median of ‖∇m‖/|m|, which a network whose logits are all scaled alike leaves as it is: one over the distance to the boundary in linear approximation.</summary>
    public double Relative => Middle(All.Where(image => double.IsFinite(image.Norm)).Select(image => image.Norm / Math.Abs(image.Margin)));

    /// <summary>Mean of ‖∇m‖ over the mean of |f_k|, which scaling leaves as it is, too.</summary>
    public double PerLogit => Mean / All.Where(image => double.IsFinite(image.Norm)).Select(image => image.MeanLogit).DefaultIfEmpty(double.NaN).Average();

    private IEnumerable<double> Finite => All.Select(image => image.Norm).Where(double.IsFinite);

    /// <summary>Measures: a forward and a backward pass for each image.</summary>
    /// <param name="model">The classifier, of at least two classes.</param>
    /// <param name="device">Where it lives.</param>
    /// <param name="images">The images.</param>
    /// <param name="chosen">Indices of those to take.</param>
    /// <param name="batch">Images at a time; does not change the result.</param>
    /// <param name="cancelled">Ends it after a batch.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static InputGradients Of(Classifier model, Device device, DeviceImages images, int[] chosen, int batch, CancellationToken cancelled = default)
    {
        using var network = new FrozenNetwork(model, device, images.ImageShape);
        var (length, classes) = (network.ImageLength, model.Classes);
        var all = new MarginGradient[chosen.Length];
        ImageBatches.Each(network, device, images, chosen, batch, Measure, cancelled);
        return new(all);

        void Measure(int start, float[] normalised)
        {
            var count = normalised.Length / length;
            var (logits, upstream, gradients) = (new float[count * classes], new float[count * classes], new float[normalised.Length]);
            device.Step(() =>
            {
                var output = network.Forward(normalised, count);
                output.Logits.CopyTo(logits.AsSpan());
                for (var i = 0; i < count; i++)
                    Logits.Upstream(AttackLoss.Margin, logits.AsSpan(i * classes, classes), Label(start + i), upstream.AsSpan(i * classes, classes));
                network.ImageGradients(output.Logits, upstream, gradients);
            });
            for (var i = 0; i < count; i++)
            {
                var row = logits.AsSpan(i * classes, classes);
                var margin = (double)row[Label(start + i)] - row[Logits.BestOther(row, Label(start + i))];
                var sum = 0.0;
                foreach (var logit in row) sum += Math.Abs(logit);
                // The ascent of an attack is the descent of the margin: the same norm.
                var norm = Logits.Predict(row) < 0 ? double.NaN : FloatVectors.Norm(gradients.AsSpan(i * length, length));
                all[start + i] = new(norm, margin, sum / classes);
            }
        }

        int Label(int place) => images.Labels[chosen[place]];
    }

    private static double Middle(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? double.NaN : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
