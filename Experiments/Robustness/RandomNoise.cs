using LpcEngine.Engine;
using LpcEngine.Experiments.Training;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Robustness;

/// <summary>Accuracies on images with noise.</summary>
/// <param name="Images">Number of images.</param>
/// <param name="Draws">Draws of the noise for each.</param>
/// <param name="OnSphere">Accuracy under noise of each length ‖δ‖₂ in pixels.</param>
/// <param name="Gaussian">Accuracy under normal noise of each standard deviation in pixels.</param>
internal sealed record NoiseResult(int Images, int Draws, IReadOnlyList<(Radius Size, double Accuracy)> OnSphere, IReadOnlyList<(Radius Size, double Accuracy)> Gaussian);

/// <summary>How much a classifier suffers from random changes of its images, beside those that an attack looks for.</summary>
/// <remarks>
/// Noise is added to the pixels and then cut to their bounds, where they have any. A draw is a normally distributed vector n of unit variance: σ·n for a
/// standard deviation, r·n/‖n‖₂ for a length, which is uniform on the sphere. All sizes of a draw share n, which follows from seed, draw and image.
/// </remarks>
internal static class RandomNoise
{
    private const int Draws = 3;

    /// <summary>Standard deviations, of which the largest makes images hard to see for people, too.</summary>
    public static IReadOnlyList<Radius> Deviations { get; } = Radius.Known("0.02,0.05,0.1,0.2");

    /// <summary>Measures.</summary>
    /// <param name="model">The classifier.</param>
    /// <param name="device">Where it lives.</param>
    /// <param name="images">The images.</param>
    /// <param name="chosen">Indices of those to take.</param>
    /// <param name="lengths">Lengths of the noise on the sphere.</param>
    /// <param name="batch">Images at a time; does not change the result.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="cancelled">Ends it after a batch.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static NoiseResult Run(
        Classifier model, Device device, DeviceImages images, int[] chosen, IReadOnlyList<Radius> lengths, int batch, ulong seed, CancellationToken cancelled = default)
    {
        using var network = new FrozenNetwork(model, device, images.ImageShape);
        var length = network.ImageLength;
        var right = new int[lengths.Count + Deviations.Count];
        var (pixels, delta) = (new float[length], new float[length]);
        ImageBatches.Each(network, device, images, chosen, batch, Measure, cancelled);
        var accuracies = Array.ConvertAll(right, count => count / ((double)chosen.Length * Draws));
        return new(chosen.Length, Draws, [.. lengths.Zip(accuracies)], [.. Deviations.Zip(accuracies[lengths.Count..])]);

        void Measure(int start, float[] normalised)
        {
            var (noise, moved) = (new float[normalised.Length], new float[normalised.Length]);
            for (var draw = 0; draw < Draws; draw++)
            {
                Draw(noise, start, RandomStreams.TestNoise + (uint)draw);
                for (var size = 0; size < right.Length; size++)
                {
                    for (var at = 0; at < noise.Length; at += length) Add(size, normalised.AsSpan(at, length), noise.AsSpan(at, length), moved.AsSpan(at, length));
                    Count(size, start, ImageBatches.Logits(network, device, moved));
                }
            }
        }

        void Draw(float[] noise, int start, uint stream)
        {
            for (var i = 0; i < noise.Length; i++)
                noise[i] = Philox.Normal(seed, stream, (ulong)chosen[start + i / length] * (ulong)length + (ulong)(i % length));
        }

        void Add(int size, ReadOnlySpan<float> image, ReadOnlySpan<float> noise, Span<float> moved)
        {
            var factor = size < lengths.Count ? lengths[size].Value / FloatVectors.Norm(noise) : Deviations[size - lengths.Count].Value;
            for (var i = 0; i < length; i++) delta[i] = (float)(factor * noise[i]);
            if (images.Space.IsBounded)
            {
                images.Space.ToPixels(image, pixels);
                PixelBall.Project(PerturbationNorm.Linf, double.PositiveInfinity, pixels, delta);
            }
            images.Space.Move(image, delta, moved);
        }

        void Count(int size, int start, float[] logits)
        {
            var classes = network.Model.Classes;
            for (var i = 0; i < logits.Length / classes; i++)
                if (Logits.Predict(logits.AsSpan(i * classes, classes)) == images.Labels[chosen[start + i]]) right[size]++;
        }
    }
}
