namespace LpcEngine.Experiments.Data;

/// <summary>The fillings of the synthetic shapes: how much of the second colour shows at a point, 0 or 1.</summary>
internal static class SyntheticTextures
{
    /// <summary>Their names in the order of their numbers.</summary>
    public static IReadOnlyList<string> Names { get; } = ["plain", "striped", "checked", "dotted", "ringed"];

    /// <summary>The share of the second colour. Coordinates are pixels along the texture's own axes from the shape's centre.</summary>
    public static float SecondColour(int texture, float u, float v, float period) => texture switch
    {
        0 => 0,
        1 => Half(u / period),
        2 => MathF.Abs(Half(u / (1.4f * period)) - Half(v / (1.4f * period))),
        3 => Dot(u / period, v / period),
        4 => Half((MathF.Sqrt((u * u) + (v * v)) / period) + 0.25f),
        _ => throw new ArgumentOutOfRangeException(nameof(texture), texture, "There are five textures."),
    };

    /// <summary>1 in the first half of each period, 0 in the second.</summary>
    private static float Half(float t) => t - MathF.Floor(t) < 0.5f ? 1 : 0;

    private static float Dot(float u, float v)
    {
        float x = u - MathF.Floor(u) - 0.5f, y = v - MathF.Floor(v) - 0.5f;
        return (x * x) + (y * y) < 0.11f ? 1 : 0;
    }
}
