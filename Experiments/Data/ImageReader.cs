using LpcEngine.Engine;
using SkiaSharp;

namespace LpcEngine.Experiments.Data;

/// <summary>
/// Reads image files as PIL's <c>convert("RGB")</c> does (PNG, JPEG, BMP, WebP, GIF; whole or not at all), scaled and cropped as torchvision does.
/// </summary>
/// <remarks>
/// Transparency and colour profiles are left aside, greys become three equal channels, palettes their colours. Of 16-bit values the upper eight bits count,
/// greys too, which Pillow cuts off at 255 instead. Decoding is Skia's: PNG, BMP and lossless WebP exactly as Pillow's, JPEG within a few units.
/// A reader belongs to one thread; it keeps its memory from image to image.
/// </remarks>
/// <param name="width">Columns of what it gives.</param>
/// <param name="height">Rows of what it gives.</param>
/// <param name="budget">Shared by readers that work side by side; null for a reader alone.</param>
internal sealed unsafe class ImageReader(int width, int height, PixelBudget? budget = null) : IDisposable
{
    /// <summary>A few bytes can promise any number of pixels. This many take a gigabyte; no camera makes more.</summary>
    public const long MostPixels = 1 << 28;

    private const string Readable = "PNG, JPEG, BMP, WebP and GIF can";

    // No file of an image that can be decoded is near this size.
    private const long MostBytes = 1L << 30;

    // Small images come by the thousand, and fresh memory is slow to touch; large ones give theirs back.
    private const long KeptPixels = 1 << 22;

    // Deflate codes at best 258 bytes in two bits; a JPEG without arithmetic coding spends at least a bit on each block of 8 × 8.
    private const long PngExpansion = 1032, JpegPixelsPerByte = 512;

    private byte* memory;
    private long capacity;

    /// <summary>Whether a file of this name is taken for an image in a folder: those of ImageFolder's extensions that can be read.</summary>
    public static bool IsImageName(string name) =>
        Extensions.Any(extension => name.EndsWith(extension, StringComparison.OrdinalIgnoreCase));

    /// <summary>The extensions of images in folders.</summary>
    public static IReadOnlyList<string> Extensions { get; } = [".png", ".jpg", ".jpeg", ".bmp", ".webp"];

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="result">Receives height × width × 3 bytes.</param>
    /// <param name="asSeen">Turned as the camera says (EXIF); otherwise as stored, which is what torchvision gives a network.</param>
    /// <returns>The size as stored.</returns>
    /// <exception cref="UserErrorException">The file is missing, damaged, cut off, too large or no image.</exception>
    public ImageSize Read(string path, Span<byte> result, bool asSeen = false) => Decode(path, Content(path), result, asSeen);

    /// <summary>Reads an image from its bytes.</summary>
    /// <param name="path">What messages call it.</param>
    /// <param name="content">The file's content.</param>
    /// <inheritdoc cref="Read"/>
    /// <param name="result"/>
    /// <param name="asSeen"/>
    public ImageSize Decode(string path, ReadOnlySpan<byte> content, Span<byte> result, bool asSeen = false)
    {
        fixed (byte* bytes = content)
        {
            using var data = SKData.Create((nint)bytes, content.Length);
            using var codec = SKCodec.Create(data) ?? throw new UserErrorException($"{path} is not an image that can be read; {Readable}.");
            var size = new ImageSize(codec.Info.Width, codec.Info.Height);
            RequirePlausible(path, codec, size, content);
            budget?.Take(size.Pixels);
            try
            {
                GetPixels(path, codec, size);
                var seen = asSeen ? Turn(codec.EncodedOrigin, size) : size;
                PillowScaling.Cover(new ReadOnlySpan<byte>(memory, (int)(4 * size.Pixels)), seen.Width, seen.Height, result, width, height);
                return size;
            }
            finally
            {
                if (capacity > KeptPixels) Release();
                budget?.Give(size.Pixels);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Release();

    private static byte[] Content(string path)
    {
        if (Directory.Exists(path)) throw new UserErrorException($"{path} is a folder, not an image.");
        try
        {
            // Also what a link leads to, and a name that is no UTF-8 and can't be told to the system.
            if (!File.Exists(path) || !File.Exists(Runs.RealPath.Of(path))) throw new UserErrorException($"There is no image {path}.");
            // A pipe has no length and might never end.
            if (!Runs.FileContent.IsThere(path)) throw new UserErrorException($"{path} is empty, not an image; {Readable}.");
            using var stream = BoundedStream.Open(path);
            return BoundedStream.ReadAll(stream, MostBytes) ?? throw new UserErrorException($"{path} has more than {MostBytes >> 20} MiB, too many for an image.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"Cannot read {path}: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    // A header may promise what the file cannot hold; believing it would cost memory and time for grey pixels.
    private static void RequirePlausible(string path, SKCodec codec, ImageSize size, ReadOnlySpan<byte> content)
    {
        if (size.Pixels > MostPixels)
            throw new UserErrorException($"{path} has {size} pixels, more than can be read ({MostPixels}); scale it down.");
        var holds = codec.EncodedFormat switch
        {
            SKEncodedImageFormat.Png => PngBytes(size, content) <= PngExpansion * content.Length,
            SKEncodedImageFormat.Jpeg => size.Pixels <= JpegPixelsPerByte * content.Length,
            _ => true,
        };
        if (!holds) throw CutOff(path);
    }

    // Bytes of the unpacked rows, from depth and colour type in the file's first chunk.
    private static long PngBytes(ImageSize size, ReadOnlySpan<byte> content)
    {
        var samples = content[25] switch { 2 => 3, 4 => 2, 6 => 4, _ => 1 };
        return size.Height * (1 + ((long)size.Width * samples * content[24] + 7) / 8);
    }

    private void GetPixels(string path, SKCodec codec, ImageSize size)
    {
        if (capacity < size.Pixels)
        {
            Release();
            try
            {
                memory = NativeMemory64.Allocate(4 * size.Pixels);
            }
            catch (UserErrorException problem)
            {
                throw new UserErrorException($"{path} has {size} pixels, for which there is too little memory; scale it down.", problem);
            }
            capacity = size.Pixels;
        }
        // No colour space, so that no profile is applied; not premultiplied, so that transparent pixels keep their colours.
        var info = new SKImageInfo(size.Width, size.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        var result = codec.GetPixels(info, (nint)memory, info.RowBytes, new SKCodecOptions(SKZeroInitialized.No));
        if (result == SKCodecResult.IncompleteInput) throw CutOff(path);
        if (result != SKCodecResult.Success) throw new UserErrorException($"{path} is damaged ({result}). Give a whole image.");
    }

    private static UserErrorException CutOff(string path) => new($"{path} is cut off: its end is missing. Give a whole image.");

    // The eight values of EXIF's Orientation (CIPA DC-008, 4.6.5).
    private ImageSize Turn(SKEncodedOrigin origin, ImageSize size)
    {
        if (origin is SKEncodedOrigin.TopLeft or SKEncodedOrigin.Default) return size;
        var turned = origin >= SKEncodedOrigin.LeftTop;
        var seen = turned ? new ImageSize(size.Height, size.Width) : size;
        var right = origin is SKEncodedOrigin.TopRight or SKEncodedOrigin.BottomRight or SKEncodedOrigin.RightBottom or SKEncodedOrigin.LeftBottom;
        var bottom = origin is SKEncodedOrigin.BottomRight or SKEncodedOrigin.BottomLeft or SKEncodedOrigin.RightTop or SKEncodedOrigin.RightBottom;
        var stored = new uint[size.Pixels];
        new ReadOnlySpan<uint>(memory, (int)size.Pixels).CopyTo(stored);
        var pixels = (uint*)memory;
        for (var y = 0; y < seen.Height; y++)
        {
            for (var x = 0; x < seen.Width; x++)
            {
                var (storedX, storedY) = turned ? (y, x) : (x, y);
                if (right) storedX = size.Width - 1 - storedX;
                if (bottom) storedY = size.Height - 1 - storedY;
                pixels[(long)y * seen.Width + x] = stored[(long)storedY * size.Width + storedX];
            }
        }
        return seen;
    }

    private void Release()
    {
        NativeMemory64.Free(memory, 4 * capacity);
        memory = null;
        capacity = 0;
    }
}

/// <summary>The size of an image file.</summary>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
internal readonly record struct ImageSize(int Width, int Height)
{
    /// <summary>Pixels in all.</summary>
    public long Pixels => (long)Width * Height;

    /// <inheritdoc/>
    public override string ToString() => $"{Width}×{Height}";
}
