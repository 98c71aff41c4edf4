namespace LpcEngine.Experiments.Data;

/// <summary>
/// The outlines of the synthetic images as signed distances: negative inside, zero on the edge, in units of the shape's radius.
/// Only arithmetic and square roots, which every processor rounds alike.
/// </summary>
internal static class SyntheticShapes
{
    /// <summary>Their names in the order of their numbers.</summary>
    public static IReadOnlyList<string> Names { get; } =
        ["disc", "square", "triangle", "cross", "ring", "bar", "star", "crescent", "dumbbell", "bowl"];

    /// <summary>Signed distance of a point from the edge of a shape.</summary>
    public static float Distance(int shape, float x, float y) => shape switch
    {
        0 => Length(x, y) - 0.85f,
        1 => Box(x, y, 0.75f, 0.75f),
        2 => Triangle(x, y),
        3 => MathF.Min(Box(x, y, 1f, 0.3f), Box(x, y, 0.3f, 1f)),
        4 => MathF.Abs(Length(x, y) - 0.7f) - 0.24f,
        5 => Box(x, y, 1.1f, 0.32f),
        6 => Star(x, y),
        7 => MathF.Max(Length(x, y) - 0.95f, 0.8f - Length(x - 0.55f, y)),
        8 => MathF.Min(MathF.Min(Length(x - 0.65f, y) - 0.42f, Length(x + 0.65f, y) - 0.42f), Box(x, y, 0.6f, 0.14f)),
        9 => MathF.Max(Length(x, y + 0.4f) - 1f, -(y + 0.4f)),
        _ => throw new ArgumentOutOfRangeException(nameof(shape), shape, "There are ten shapes."),
    };

    private static float Length(float x, float y) => MathF.Sqrt((x * x) + (y * y));

    private static float Box(float x, float y, float halfWidth, float halfHeight) =>
        MathF.Max(MathF.Abs(x) - halfWidth, MathF.Abs(y) - halfHeight);

    private static float Triangle(float x, float y)
    {
        const float Cos30 = 0.8660254f;
        return MathF.Max(-y, MathF.Max((Cos30 * x) + (0.5f * y), (-Cos30 * x) + (0.5f * y))) - 0.55f;
    }

    /// <summary>Five points: fold the plane twice along the star's symmetry axes, then measure one edge (after I. Quilez).</summary>
    private static float Star(float x, float y)
    {
        const float Cos36 = 0.809017f, Sin36 = 0.587785f, Inner = 0.4f;
        x = MathF.Abs(x);
        float fold = 2 * MathF.Max((Cos36 * x) - (Sin36 * y), 0);
        x -= fold * Cos36;
        y += fold * Sin36;
        fold = 2 * MathF.Max((-Cos36 * x) - (Sin36 * y), 0);
        x += fold * Cos36;
        y += fold * Sin36;
        x = MathF.Abs(x);
        y -= 1.05f;
        const float EdgeX = Inner * Sin36, EdgeY = (Inner * Cos36) - 1;
        float along = Math.Clamp(((x * EdgeX) + (y * EdgeY)) / ((EdgeX * EdgeX) + (EdgeY * EdgeY)), 0, 1.05f);
        float distance = Length(x - (EdgeX * along), y - (EdgeY * along));
        return (y * EdgeX) - (x * EdgeY) < 0 ? -distance : distance;
    }
}
