using System.Globalization;
using LpcEngine.Engine;

namespace LpcEngine.Models;

/// <summary>A backbone by name, with what a data set and the user say about it.</summary>
/// <param name="Name">
/// resnet18, -34, -50, -101, -152; wrn-50-2, wrn-101-2; wrn-D-W with D = 6·n + 4, such as wrn-28-10; or mlp.
/// </param>
/// <param name="Width">
/// The scale of all channels; 64 is each network as it was published. In a ResNet it is the channels of the first stage, in wrn-D-W four
/// times those of the stem (so 64 means the published 16). The MLP's hidden layers have 64 times as many units.
/// </param>
/// <param name="Height">Image height.</param>
/// <param name="ImageWidth">Image width.</param>
/// <param name="Channels">Image channels.</param>
public sealed record BackboneSpec(string Name, int Width, int Height, int ImageWidth, int Channels)
{
    // Up to here, the channels of the last stage times the pixels of a filter are below 2³¹.
    private const int LargestWidth = 1_000_000;

    private static readonly Dictionary<string, (int[] Depths, bool Bottleneck, int InnerFactor)> ResNets = new()
    {
        ["resnet18"] = ([2, 2, 2, 2], false, 1),
        ["resnet34"] = ([3, 4, 6, 3], false, 1),
        ["resnet50"] = ([3, 4, 6, 3], true, 1),
        ["resnet101"] = ([3, 4, 23, 3], true, 1),
        ["resnet152"] = ([3, 8, 36, 3], true, 1),
        ["wrn-50-2"] = ([3, 4, 6, 3], true, 2),
        ["wrn-101-2"] = ([3, 4, 23, 3], true, 2),
    };

    /// <summary>The names that are known; more of the form wrn-D-W can be built.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. ResNets.Keys, "wrn-16-8", "wrn-22-8", "wrn-28-10", "wrn-40-4", "mlp"];

    /// <summary>Makes the backbone with fresh weights.</summary>
    /// <param name="initialiser">Draws the weights.</param>
    /// <returns>The backbone.</returns>
    /// <exception cref="UserErrorException">
    /// The name is unknown, the width not positive or beyond all memory, an image has no pixel or no channel,
    /// or there is too little memory.
    /// </exception>
    /// <exception cref="ShapeException">A weight would have 2³¹ elements or more.</exception>
    public Backbone Build(Initialiser initialiser)
    {
        if (Width < 1) throw new UserErrorException($"--width {Width}: the number of channels must be at least 1; the paper uses 64.");
        if (Width > LargestWidth)
            throw new UserErrorException($"--width {Width}: no memory holds so many channels (at most {LargestWidth}); the paper uses 64.");
        if (Height < 1 || ImageWidth < 1 || Channels < 1)
        {
            throw new UserErrorException(
                $"The images are too small: {Height}×{ImageWidth} pixels, {Channels} channels; all must be at least 1.");
        }
        if (Name == "mlp") return new Mlp(initialiser, new Shape(Height, ImageWidth, Channels).Count, [64 * Width, 64 * Width]);
        if (ResNets.TryGetValue(Name, out var known))
            return new ResNet(initialiser, this, known.Depths, known.Bottleneck, known.InnerFactor);
        if (ThreeGroups(Name) is var (blocks, factor)) return new WideResNet(initialiser, this, blocks, factor);
        throw new UserErrorException(
            $"Unknown backbone '{Name}'; known are {string.Join(", ", Names)}, any wrn-D-W with D = 6·n + 4."
            + NearMiss.Question(Name, Names));
    }

    // wrn-D-W: three groups of (D − 4)/6 blocks, W times as wide as the narrowest. Bounded, so that no name asks for endless parts.
    private static (int Blocks, int Factor)? ThreeGroups(string name)
    {
        const int MostLayers = 10_000, LargestFactor = 1000;
        if (name.Split('-') is not ["wrn", var depth, var width]) return null;
        if (!Whole(depth, out var layers) || layers is < 10 or > MostLayers || (layers - 4) % 6 != 0) return null;
        return Whole(width, out var factor) && factor is >= 1 and <= LargestFactor ? ((layers - 4) / 6, factor) : null;
    }

    private static bool Whole(string text, out int value) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
