namespace LpcEngine.Experiments.Robustness;

/// <summary>An image under PGD: where it stands.</summary>
/// <param name="imageLength">Numbers of an image.</param>
internal sealed class PgdSlot(int imageLength) : AttackSlot(imageLength)
{
    /// <summary>Its true label.</summary>
    public int Label;

    /// <summary>The search; −1 while the image itself is looked at.</summary>
    public int Trial;

    /// <summary>Index of the radius.</summary>
    public int Radius;

    /// <summary>The search ends before this radius: at it the image is known to be fooled.</summary>
    public int Bound;

    /// <summary>Steps taken at this radius.</summary>
    public int Step;

    /// <summary>Whether the gradient at the present point is needed.</summary>
    public bool Moves;

    /// <summary>The same in pixels.</summary>
    public readonly float[] Pixels = new float[imageLength];

    /// <summary>The perturbation of the pixels.</summary>
    public readonly float[] Delta = new float[imageLength];

    /// <summary>Begins with another image.</summary>
    public void Begin(int label, ReadOnlySpan<float> image, PixelSpace space)
    {
        (Label, Trial) = (label, -1);
        image.CopyTo(Image);
        space.ToPixels(image, Pixels);
        Delta.AsSpan().Clear();
    }
}
