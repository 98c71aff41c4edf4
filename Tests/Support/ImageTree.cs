using SkiaSharp;

namespace LpcEngine.Tests.Support;

/// <summary>Makes folders of image files.</summary>
internal static class ImageTree
{
    /// <summary>A PNG of noise around a colour; the same seed gives the same file.</summary>
    public static byte[] Png(int seed, int width = 20, int height = 14, SKColor? colour = null) => Encode(seed, width, height, colour, SKEncodedImageFormat.Png);

    /// <summary>A JPEG of the same.</summary>
    public static byte[] Jpeg(int seed, int width = 20, int height = 14, SKColor? colour = null) => Encode(seed, width, height, colour, SKEncodedImageFormat.Jpeg);

    /// <summary>Writes a file and the folders above it.</summary>
    public static void Add(TemporaryFolder folder, string name, byte[] content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder[name])!);
        File.WriteAllBytes(folder[name], content);
    }

    /// <summary>Two classes, a red and a blue one: train/blue, train/red, and as many in test.</summary>
    public static void AddRedAndBlue(TemporaryFolder folder, string root = "data", int train = 3, int test = 2)
    {
        foreach (var (split, count) in ((string, int)[])[("train", train), ("test", test)])
        {
            for (var i = 0; i < count; i++)
            {
                Add(folder, $"{root}/{split}/red/{i}.png", Png(i, colour: SKColors.Red));
                Add(folder, $"{root}/{split}/blue/{i}.jpg", Jpeg(i, colour: SKColors.Blue));
            }
        }
    }

    private static byte[] Encode(int seed, int width, int height, SKColor? colour, SKEncodedImageFormat format)
    {
        var random = new Random(seed);
        var centre = colour ?? SKColors.Gray;
        using var bitmap = new SKBitmap(width, height);
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++)
                bitmap.SetPixel(x, y, new SKColor(Near(centre.Red), Near(centre.Green), Near(centre.Blue)));
        using var data = bitmap.Encode(format, 90);
        return data.ToArray();

        byte Near(byte value) => (byte)Math.Clamp(value + random.Next(-30, 30), 0, 255);
    }
}
