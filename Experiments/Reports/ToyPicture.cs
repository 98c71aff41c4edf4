using LpcEngine.Engine;
using SkiaSharp;

namespace LpcEngine.Experiments.Reports;

/// <summary>The panels of a figure as one PNG, two in a row, on white.</summary>
internal static class ToyPicture
{
    private const int Columns = 2;

    /// <summary>Draws and writes it, atomically.</summary>
    /// <param name="path">The file.</param>
    /// <param name="figure">Panels of one size.</param>
    /// <exception cref="UserErrorException">The folder cannot be written.</exception>
    public static void Write(string path, ReportFigure figure)
    {
        SKBitmap[] panels = [.. figure.Panels.Select(panel => SKBitmap.Decode(FigureTheme.Png(panel.Draw(FigureTheme.Light), panel.Width, panel.Height)))];
        try
        {
            var (width, height) = (panels[0].Width, panels[0].Height);
            using var surface = SKSurface.Create(new SKImageInfo(Columns * width, Tiling.Count(panels.Length, Columns) * height));
            surface.Canvas.Clear(SKColors.White);
            for (var i = 0; i < panels.Length; i++) surface.Canvas.DrawBitmap(panels[i], i % Columns * width, i / Columns * height, SKSamplingOptions.Default);
            using var image = surface.Snapshot();
            using var png = image.Encode(SKEncodedImageFormat.Png, 100);
            AtomicFile.Write(path, stream => png.SaveTo(stream));
        }
        finally
        {
            foreach (var panel in panels) panel.Dispose();
        }
    }
}
