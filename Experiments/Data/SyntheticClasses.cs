namespace LpcEngine.Experiments.Data;

/// <summary>
/// What makes a class of synthetic images. The outline and the texture decide; with 100 classes the colour family decides too.
/// In the ten classes hue and place are hints only: each class prefers some, all classes overlap.
/// </summary>
/// <param name="Shape">Number of the outline.</param>
/// <param name="Texture">Number of the filling.</param>
/// <param name="HueCentre">Preferred hue, 0 to 1 around the colour circle.</param>
/// <param name="HueSpread">The hue lies within this of the centre.</param>
/// <param name="PlaceX">Preferred centre, pixels right of the middle.</param>
/// <param name="PlaceY">Preferred centre, pixels below the middle.</param>
/// <param name="Name">For people.</param>
internal sealed record SyntheticClass(int Shape, int Texture, float HueCentre, float HueSpread, float PlaceX, float PlaceY, string Name)
{
    /// <summary>The classes of <c>synthetic10</c> (5 outlines × 2 textures) or <c>synthetic100</c> (10 × 5 × warm or cold).</summary>
    public static SyntheticClass[] For(int classes) => [.. Enumerable.Range(0, classes).Select(c => classes == 10 ? Ten(c) : Hundred(c))];

    private static SyntheticClass Ten(int c)
    {
        int shape = c % 5, texture = c / 5;
        float angle = c / 10f;
        return new SyntheticClass(shape, texture, angle, 0.2f, Wave(angle), Wave(angle + 0.25f), $"{SyntheticTextures.Names[texture]} {SyntheticShapes.Names[shape]}");
    }

    private static SyntheticClass Hundred(int c)
    {
        int shape = c % 10, texture = c / 10 % 5, family = c / 50;
        string colour = family == 0 ? "warm" : "cold";
        return new SyntheticClass(shape, texture, family == 0 ? 0.05f : 0.55f, 0.15f, 0, 0, $"{colour} {SyntheticTextures.Names[texture]} {SyntheticShapes.Names[shape]}");
    }

    /// <summary>A place around the middle: 1.5 pixels times a triangle wave.</summary>
    private static float Wave(float t) => 1.5f * (1 - (4 * MathF.Abs(t - MathF.Floor(t) - 0.5f)));
}
