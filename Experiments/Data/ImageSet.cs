namespace LpcEngine.Experiments.Data;

/// <summary>
/// Images of one split with their labels. Pixels lie in NHWC order (image, row, column, channel) and are bytes or floats, never both.
/// </summary>
/// <param name="Count">Number of images.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
/// <param name="Channels">Colours: 3, or 1 for grey.</param>
/// <param name="Bytes">Pixels of 0–255, or null.</param>
/// <param name="Floats">Pixels that are used as they are, or null.</param>
/// <param name="Labels">The class of each image, from 0.</param>
internal sealed record ImageSet(int Count, int Height, int Width, int Channels, byte[]? Bytes, float[]? Floats, int[] Labels)
{
    /// <summary>Numbers of one image.</summary>
    public int ImageLength => Height * Width * Channels;

    /// <summary>How many images each class has.</summary>
    public int[] ClassCounts(int classes)
    {
        int[] counts = new int[classes];
        foreach (int label in Labels)
        {
            counts[label]++;
        }

        return counts;
    }

    /// <summary>The first <paramref name="perClass"/> images of each class, in their order; everything when null.</summary>
    public ImageSet FirstOfEachClass(int? perClass, int classes)
    {
        if (perClass is null)
        {
            return this;
        }

        int[] kept = FirstOfEachClass(Labels, perClass, classes);
        return kept.Length == Count ? this : Select(kept);
    }

    /// <summary>The same for labels alone: the indices of the images that are kept.</summary>
    public static int[] FirstOfEachClass(int[] labels, int? perClass, int classes)
    {
        int[] taken = new int[classes];
        return [.. Enumerable.Range(0, labels.Length).Where(i => taken[labels[i]]++ < (perClass ?? int.MaxValue))];
    }

    /// <summary>Some images, in the order of their indices.</summary>
    public ImageSet Select(int[] indices) => this with
    {
        Count = indices.Length,
        Bytes = Copy(Bytes, indices),
        Floats = Copy(Floats, indices),
        Labels = [.. indices.Select(i => Labels[i])],
    };

    private T[]? Copy<T>(T[]? pixels, int[] indices)
    {
        if (pixels is null)
        {
            return null;
        }

        T[] copy = new T[(long)indices.Length * ImageLength];
        for (int k = 0; k < indices.Length; k++)
        {
            Array.Copy(pixels, (long)indices[k] * ImageLength, copy, (long)k * ImageLength, ImageLength);
        }

        return copy;
    }
}
