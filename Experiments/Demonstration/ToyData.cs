using LpcEngine.Engine;

namespace LpcEngine.Experiments.Demonstration;

/// <summary>
/// Points around vertices of a hypercube: a class is one of four distinct vertices of {−1, 1}²⁰, its samples lie around it with a normal
/// deviation of 0.8 (the authors' demonstration).
/// </summary>
/// <param name="Points">[<see cref="Count"/>, <see cref="Dimensions"/>], row-major.</param>
/// <param name="Labels">Class of each point; they go round.</param>
internal sealed record ToyData(float[] Points, int[] Labels)
{
    /// <summary>Coordinates of a point.</summary>
    public const int Dimensions = 20;

    /// <summary>Number of classes.</summary>
    public const int Classes = 4;

    private const float Noise = 0.8f;

    /// <summary>Number of points.</summary>
    public int Count => Labels.Length;

    /// <summary>Draws points.</summary>
    /// <param name="perClass">Points of each class.</param>
    /// <param name="seed">The same seed gives the same points.</param>
    public static ToyData Draw(int perClass, ulong seed)
    {
        var vertices = Vertices(seed);
        var points = new float[perClass * Classes * Dimensions];
        for (var i = 0; i < points.Length; i++)
            points[i] = vertices[i / Dimensions % Classes][i % Dimensions] + Noise * Philox.Normal(seed, RandomStreams.DrawnPoints, (ulong)i);
        return new(points, [.. Enumerable.Range(0, perClass * Classes).Select(i => i % Classes)]);
    }

    // Two classes at one vertex could not be told apart: such a draw is made again.
    private static float[][] Vertices(ulong seed)
    {
        for (ulong attempt = 0; ; attempt++)
        {
            var vertices = Enumerable.Range(0, Classes).Select(c => Enumerable.Range(0, Dimensions)
                .Select(j => Philox.Below(seed, RandomStreams.DrawnCentres, ((attempt * Classes) + (ulong)c) * Dimensions + (ulong)j, 2) * 2f - 1).ToArray()).ToArray();
            if (vertices.Select(vertex => string.Join(',', vertex)).Distinct().Count() == Classes) return vertices;
        }
    }
}
