using ScottPlot;
using SkiaSharp;

namespace LpcEngine.Experiments.Reports;

/// <summary>Finds a font for the plots among the machine's own.</summary>
/// <remarks>
/// The Skia build that needs no system libraries does not look for fonts by itself, so without this every label would be blank. A machine
/// without any font gets plots without words, and <see cref="Missing"/> says so.
/// </remarks>
internal static class PlotFonts
{
    // Plain sans-serif faces of the common systems, best first; else whatever there is.
    private static readonly string[] Preferred =
        ["DejaVuSans.ttf", "LiberationSans-Regular.ttf", "NotoSans-Regular.ttf", "Arial.ttf", "arial.ttf", "segoeui.ttf", "Helvetica.ttc", "FreeSans.ttf"];

    private static readonly Lazy<SKTypeface?> Typeface = new(Find);
    private static readonly Lock Gate = new();
    private static bool ready;

    /// <summary>The name that plots ask for.</summary>
    public const string Name = "LpcEngine Sans";

    /// <summary>Whether this machine has no font that can be read.</summary>
    public static bool Missing => Typeface.Value is null;

    /// <summary>Makes the font ScottPlot's default; more calls do nothing.</summary>
    public static void Use()
    {
        lock (Gate)
        {
            if (ready) return;
            Fonts.FontResolvers.Insert(0, new Resolver());
            Fonts.Default = Name;
            Fonts.Sans = Name;
            ready = true;
        }
    }

    private static SKTypeface? Find()
    {
        var files = Folders().Where(Directory.Exists).SelectMany(Files).ToArray();
        var best = Preferred.Select(name => files.FirstOrDefault(file => Path.GetFileName(file) == name)).OfType<string>();
        return best.Concat(files).Select(SKTypeface.FromFile).FirstOrDefault(typeface => typeface is not null);
    }

    private static IEnumerable<string> Folders()
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return
        [
            Environment.GetFolderPath(Environment.SpecialFolder.Fonts), "/usr/share/fonts", "/usr/local/share/fonts",
            Path.Combine(home, ".local/share/fonts"), Path.Combine(home, ".fonts"), "/System/Library/Fonts", "/Library/Fonts",
        ];
    }

    private static IEnumerable<string> Files(string folder) =>
        Directory.EnumerateFiles(folder, "*.tt?", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true })
            .Order(StringComparer.Ordinal);

    private sealed class Resolver : IFontResolver
    {
        public SKTypeface CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing) => Typeface.Value ?? SKTypeface.Default;

        public SKTypeface CreateTypeface(string fontName, bool bold, bool italic) => Typeface.Value ?? SKTypeface.Default;
    }
}
