using LpcEngine.Engine;
using SkiaSharp;

namespace LpcEngine.Experiments.Data;

/// <summary>Reads image files: PNG, JPEG, BMP, GIF and WebP, whole or not at all, as a person would see them.</summary>
internal static class ImageFile
{
    // A few bytes can promise any number of pixels. This many take a gigabyte; no camera makes more.
    private const long MostPixels = 1 << 28;

    /// <summary>An image that is scaled until it covers a width and height, what sticks out cut off evenly; transparent parts on black.</summary>
    /// <exception cref="UserErrorException">The file is missing, damaged, cut off, too large or no image.</exception>
    public static SKBitmap ReadFitted(string path, int width, int height)
    {
        using var codec = Open(path);
        using var image = Decode(path, codec);
        // Cameras write the pixels as the sensor lies, and beside them how to turn them.
        var turned = codec.EncodedOrigin >= SKEncodedOrigin.LeftTop;
        var (seenWidth, seenHeight) = turned ? (image.Height, image.Width) : (image.Width, image.Height);
        var scale = Math.Max(width / (float)seenWidth, height / (float)seenHeight);
        var fitted = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        using var canvas = new SKCanvas(fitted);
        using var source = SKImage.FromBitmap(image);
        canvas.Clear(SKColors.Black);
        canvas.Translate((width - seenWidth * scale) / 2, (height - seenHeight * scale) / 2);
        canvas.Scale(scale);
        canvas.Concat(Turn(codec.EncodedOrigin, seenWidth, seenHeight));
        canvas.DrawImage(source, 0, 0, new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear));
        return fitted;
    }

    private static SKCodec Open(string path)
    {
        if (!File.Exists(path)) throw new UserErrorException($"There is no image {path}.");
        return SKCodec.Create(path) ?? throw new UserErrorException($"{path} is not an image that can be read; PNG, JPEG, BMP, GIF and WebP can.");
    }

    private static SKBitmap Decode(string path, SKCodec codec)
    {
        var info = new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Premul);
        if ((long)info.Width * info.Height > MostPixels)
            throw new UserErrorException($"{path} has {info.Width}x{info.Height} pixels, more than can be read ({MostPixels}); scale it down.");
        var image = new SKBitmap(info);
        var result = codec.GetPixels(info, image.GetPixels());
        if (result == SKCodecResult.Success) return image;
        image.Dispose();
        throw new UserErrorException($"{path} is {(result == SKCodecResult.IncompleteInput ? "cut off: its end is missing" : $"damaged ({result})")}. Give a whole image.");
    }

    // From stored to seen coordinates, for the eight values of EXIF's Orientation (CIPA DC-008, 4.6.5); width and height as seen.
    private static SKMatrix Turn(SKEncodedOrigin origin, int width, int height) => origin switch
    {
        SKEncodedOrigin.TopRight => new(-1, 0, width, 0, 1, 0, 0, 0, 1),
        SKEncodedOrigin.BottomRight => new(-1, 0, width, 0, -1, height, 0, 0, 1),
        SKEncodedOrigin.BottomLeft => new(1, 0, 0, 0, -1, height, 0, 0, 1),
        SKEncodedOrigin.LeftTop => new(0, 1, 0, 1, 0, 0, 0, 0, 1),
        SKEncodedOrigin.RightTop => new(0, -1, width, 1, 0, 0, 0, 0, 1),
        SKEncodedOrigin.RightBottom => new(0, -1, width, -1, 0, height, 0, 0, 1),
        SKEncodedOrigin.LeftBottom => new(0, 1, 0, -1, 0, height, 0, 0, 1),
        _ => SKMatrix.Identity,
    };
}
