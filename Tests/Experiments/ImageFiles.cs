using LpcEngine.Experiments.Data;
using SkiaSharp;

namespace LpcEngine.Tests.Experiments;

/// <summary>Image files are read whole, as a person sees them, or refused.</summary>
public sealed class ImageFiles
{
    private TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    [TestCase(SKEncodedImageFormat.Png)]
    [TestCase(SKEncodedImageFormat.Jpeg)]
    [TestCase(SKEncodedImageFormat.Webp)]
    public void A_cut_off_image_is_refused(SKEncodedImageFormat format)
    {
        var whole = Encode(format);
        File.WriteAllBytes(folder["whole"], whole);
        Assert.DoesNotThrow(() => Read("whole"));
        File.WriteAllBytes(folder["cut"], whole[..(whole.Length / 2)]);
        Support.UserErrors.Expect(() => Read("cut"), folder["cut"]);
    }

    [Test]
    public void What_is_no_image_or_not_there_is_refused()
    {
        File.WriteAllText(folder["text.png"], "no image");
        Support.UserErrors.Expect(() => Read("text.png"), "text.png", "not an image");
        Support.UserErrors.Expect(() => Read("missing.png"), "missing.png");
    }

    // The stored picture's quarters are red, green (above), blue, white (below). The values say where they must be seen.
    [TestCase(1, "RG/BW")]
    [TestCase(2, "GR/WB")]
    [TestCase(3, "WB/GR")]
    [TestCase(4, "BW/RG")]
    [TestCase(5, "RB/GW")]
    [TestCase(6, "BR/WG")]
    [TestCase(7, "WG/BR")]
    [TestCase(8, "GW/RB")]
    public void A_photograph_is_turned_as_its_camera_says(byte orientation, string seen)
    {
        var jpeg = Encode(SKEncodedImageFormat.Jpeg);
        // APP1 with a big-endian TIFF of one entry: tag 0x0112 (Orientation), type SHORT, one value.
        byte[] exif =
        [
            0xFF, 0xE1, 0, 34, (byte)'E', (byte)'x', (byte)'i', (byte)'f', 0, 0, (byte)'M', (byte)'M', 0, 42, 0, 0, 0, 8,
            0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0,
        ];
        File.WriteAllBytes(folder["turned.jpg"], [.. jpeg[..2], .. exif, .. jpeg[2..]]);
        Assert.That(Quarters(Read("turned.jpg", asSeen: true)), Is.EqualTo(seen));
        Assert.That(Quarters(Read("turned.jpg", asSeen: false)), Is.EqualTo("RG/BW"), "as torchvision reads it");
    }

    private const int Side = 16;

    private byte[] Read(string name, bool asSeen = false)
    {
        var pixels = new byte[Side * Side * 3];
        using var reader = new ImageReader(Side, Side);
        reader.Read(folder[name], pixels, asSeen);
        return pixels;
    }

    private static string Quarters(byte[] image) => $"{Name(image, 4, 4)}{Name(image, 12, 4)}/{Name(image, 4, 12)}{Name(image, 12, 12)}";

    // Twice as wide as high, so that a forgotten swap of the sides shows: the middle square's quarters are the picture's.
    private static byte[] Encode(SKEncodedImageFormat format)
    {
        using var bitmap = new SKBitmap(128, 64);
        using (var canvas = new SKCanvas(bitmap))
        {
            Fill(canvas, SKColors.Red, 0, 0);
            Fill(canvas, SKColors.Lime, 64, 0);
            Fill(canvas, SKColors.Blue, 0, 32);
            Fill(canvas, SKColors.White, 64, 32);
        }
        using var data = bitmap.Encode(format, 95);
        return data.ToArray();

        static void Fill(SKCanvas canvas, SKColor colour, int left, int top)
        {
            using var paint = new SKPaint { Color = colour };
            canvas.DrawRect(left, top, 64, 32, paint);
        }
    }

    private static char Name(byte[] image, int x, int y)
    {
        var at = 3 * (Side * y + x);
        return (image[at] > 128, image[at + 1] > 128, image[at + 2] > 128) switch
        {
            (true, true, true) => 'W', (true, false, false) => 'R', (false, true, false) => 'G', (false, false, true) => 'B', _ => '?',
        };
    }
}
