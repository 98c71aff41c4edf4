using LpcEngine.Engine;

namespace LpcEngine.Models;

/// <summary>A backbone by name, with what a data set and the user say about it.</summary>
/// <param name="Name">resnet18, resnet34, resnet50, resnet101, resnet152 or mlp.</param>
/// <param name="Width">Channels of the first stage; 64 in the paper. The MLP's hidden layers have 64 times as many units.</param>
/// <param name="Height">Image height.</param>
/// <param name="ImageWidth">Image width.</param>
/// <param name="Channels">Image channels.</param>
public sealed record BackboneSpec(string Name, int Width, int Height, int ImageWidth, int Channels)
{
    // Up to here, the channels of the last stage times the pixels of a filter are below 2³¹.
    private const int LargestWidth = 1_000_000;

    private static readonly Dictionary<string, (int[] Depths, bool Bottleneck)> ResNets = new()
    {
        ["resnet18"] = ([2, 2, 2, 2], false),
        ["resnet34"] = ([3, 4, 6, 3], false),
        ["resnet50"] = ([3, 4, 6, 3], true),
        ["resnet101"] = ([3, 4, 23, 3], true),
        ["resnet152"] = ([3, 8, 36, 3], true),
    };

    /// <summary>The names that are known.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. ResNets.Keys, "mlp"];

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
        if (ResNets.TryGetValue(Name, out var known)) return new ResNet(initialiser, this, known.Depths, known.Bottleneck);
        throw new UserErrorException($"Unknown backbone '{Name}'; known are {string.Join(", ", Names)}.");
    }
}
