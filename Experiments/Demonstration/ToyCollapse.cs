using LpcEngine.Engine;
using LpcEngine.Kernels;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Demonstration;

/// <summary>The latents at one strength of the penalty.</summary>
/// <param name="Gamma">The strength.</param>
/// <param name="Latents">[N, 2], row-major.</param>
/// <param name="Labels">Class of each point.</param>
/// <param name="Accuracy">Share of the points that are classified correctly.</param>
/// <param name="MeanNorm">Mean length of the latents.</param>
internal sealed record ToySnapshot(double Gamma, float[] Latents, int[] Labels, double Accuracy, double MeanNorm);

/// <summary>
/// Latent point collapse where it can be seen: a network with two latents, trained while γ doubles every epoch from 1e-4 to 100.
/// </summary>
/// <remarks>
/// The protocol of the authors' demonstration: AdamW at 5e-4 with decay 1e-4, batches of 8, 2,500 points a class, γ in whole decades where
/// it is looked at. Runs on one thread: its products are too small to be shared. Deterministic.
/// </remarks>
internal static class ToyCollapse
{
    private const int Batch = 8, Doublings = 20;
    private const double Rate = 5e-4, Decay = 1e-4, FirstGamma = 1e-4;

    /// <summary>The strengths at which <see cref="Run"/> looks.</summary>
    public static IReadOnlyList<double> Inspected { get; } = [1e-2, 1, 10, 100];

    /// <summary>Trains and looks.</summary>
    /// <param name="perClass">Points of each class; the authors' 2,500.</param>
    /// <param name="seed">Of points, weights and order.</param>
    /// <returns>A snapshot at each inspected strength.</returns>
    public static IReadOnlyList<ToySnapshot> Run(int perClass = 2500, ulong seed = 1)
    {
        using var device = new CpuDevice(1);
        var data = ToyData.Draw(perClass, seed);
        var network = new ToyNetwork(new Initialiser(device, seed));
        var optimizer = new AdamW([new ParameterGroup("all", network.Parameters())], Decay);
        optimizer.SetRate(0, Rate);
        var gamma = device.NewKept(Shape.Scalar);
        var order = new int[data.Count];
        var snapshots = new List<ToySnapshot>();
        for (var epoch = 0; epoch <= Doublings; epoch++)
        {
            // Rounded down to the decade where it is looked at, so that pictures of different runs can be compared.
            var doubled = FirstGamma * Math.Pow(2, epoch);
            var next = snapshots.Count < Inspected.Count ? Inspected[snapshots.Count] : double.PositiveInfinity;
            var strength = Math.Min(doubled, next);
            gamma.CopyFrom<float>([(float)strength]);
            Philox.Permutation(order, seed, RandomStreams.ImageOrder + (uint)epoch);
            for (var start = 0; start < order.Length; start += Batch) device.Step(() => Train(device, network, optimizer, data, order.AsSpan(start, Math.Min(Batch, order.Length - start)), gamma));
            if (doubled >= next) snapshots.Add(Look(device, network, data, strength));
        }
        return snapshots;
    }

    private static void Train(Device device, ToyNetwork network, AdamW optimizer, ToyData data, ReadOnlySpan<int> chosen, Tensor gamma)
    {
        Span<float> points = stackalloc float[Batch * ToyData.Dimensions];
        Span<int> labels = stackalloc int[Batch];
        for (var i = 0; i < chosen.Length; i++)
        {
            data.Points.AsSpan(chosen[i] * ToyData.Dimensions, ToyData.Dimensions).CopyTo(points[(i * ToyData.Dimensions)..]);
            labels[i] = data.Labels[chosen[i]];
        }
        var (x, y) = (device.New(new Shape(chosen.Length, ToyData.Dimensions)), device.New(new Shape(chosen.Length), DType.Int32));
        x.CopyFrom<float>(points[..(chosen.Length * ToyData.Dimensions)]);
        y.CopyFrom<int>(labels[..chosen.Length]);
        var (latents, logits) = network.Forward(x);
        device.Tape.Backward(logits.SoftmaxCrossEntropy(y).Add(latents.LatentPenalty(gamma)));
        optimizer.Update();
    }

    private static ToySnapshot Look(Device device, ToyNetwork network, ToyData data, double gamma)
    {
        float[] latents = [], logits = [];
        using (device.Tape.Pause())
        {
            device.Step(() =>
            {
                var x = device.New(new Shape(data.Count, ToyData.Dimensions));
                x.CopyFrom<float>(data.Points);
                var output = network.Forward(x);
                (latents, logits) = (output.Latents.ToFloats(), output.Logits.ToFloats());
            });
        }
        double right = 0, norms = 0;
        for (var i = 0; i < data.Count; i++)
        {
            if (Largest(logits.AsSpan(i * ToyData.Classes, ToyData.Classes)) == data.Labels[i]) right++;
            norms += Math.Sqrt((double)latents[2 * i] * latents[2 * i] + (double)latents[2 * i + 1] * latents[2 * i + 1]);
        }
        return new(gamma, latents, data.Labels, right / data.Count, norms / data.Count);
    }

    private static int Largest(ReadOnlySpan<float> values)
    {
        var best = 0;
        for (var i = 1; i < values.Length; i++)
            if (values[i] > values[best]) best = i;
        return best;
    }
}
