namespace LpcEngine.Experiments.Robustness;

/// <summary>An image under attack: where it stands. Made once for each place of a batch and used again for one image after another.</summary>
/// <param name="imageLength">Numbers of an image.</param>
internal sealed class PgdSlot(int imageLength)
{
    /// <summary>Place of the image among those to be attacked.</summary>
    public int Place;

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

    /// <summary>Whether the attack has ended.</summary>
    public bool Ended;

    /// <summary>The image as the network sees it.</summary>
    public readonly float[] Image = new float[imageLength];

    /// <summary>The same in pixels.</summary>
    public readonly float[] Pixels = new float[imageLength];

    /// <summary>The perturbation of the pixels.</summary>
    public readonly float[] Delta = new float[imageLength];

    /// <summary>Begins with another image.</summary>
    public void Begin(int place, int label, ReadOnlySpan<float> image, PixelSpace space)
    {
        (Place, Label, Trial, Ended) = (place, label, -1, false);
        image.CopyTo(Image);
        space.ToPixels(image, Pixels);
        Delta.AsSpan().Clear();
    }
}
