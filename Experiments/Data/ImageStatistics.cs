namespace LpcEngine.Experiments.Data;

/// <summary>Mean and standard deviation of each channel, the numbers that normalise the images.</summary>
internal static class ImageStatistics
{
    /// <summary>
    /// Over all pixels of all images, counted from 0 to 1; population deviation. Exact: bytes are counted in a histogram of whole
    /// numbers, so neither order nor threads matter.
    /// </summary>
    public static (float[] Mean, float[] Std) Of(ImageSet images)
    {
        int channels = images.Channels;
        float[] mean = new float[channels], std = new float[channels];
        if (images.Bytes is not { } bytes)
        {
            Array.Fill(std, 1f); // float images are used as they are
            return (mean, std);
        }

        long[] histogram = new long[channels * 256];
        for (int i = 0; i < bytes.Length; i += channels)
        {
            for (int c = 0; c < channels; c++)
            {
                histogram[(c << 8) + bytes[i + c]]++;
            }
        }

        double pixels = bytes.Length / channels;
        for (int c = 0; c < channels; c++)
        {
            double sum = 0, squares = 0;
            for (int value = 0; value < 256; value++)
            {
                sum += histogram[(c << 8) + value] * (double)value;
            }

            double average = sum / pixels;
            for (int value = 0; value < 256; value++)
            {
                squares += histogram[(c << 8) + value] * (value - average) * (value - average);
            }

            mean[c] = (float)(average / 255);
            std[c] = (float)(Math.Sqrt(squares / pixels) / 255);
        }

        return (mean, std);
    }

    /// <summary>
    /// The same for dividing by it: a channel that is constant (a black border colour, a single grey) has deviation 0, and 1 stands in,
    /// so that normalised pixels are 0 and not NaN.
    /// </summary>
    public static (float[] Mean, float[] Std) ForNormalising(ImageSet images)
    {
        var (mean, std) = Of(images);
        return (mean, [.. std.Select(s => s > 0 ? s : 1f)]);
    }
}
