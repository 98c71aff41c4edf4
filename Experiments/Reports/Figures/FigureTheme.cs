using ScottPlot;
using SkiaSharp;

namespace LpcEngine.Experiments.Reports;

/// <summary>The colours of a figure for one background, and how a figure becomes a PNG.</summary>
/// <param name="Background">Behind everything.</param>
/// <param name="Foreground">Words and frames.</param>
/// <param name="Grid">Lines of the grid.</param>
internal sealed record FigureTheme(Color Background, Color Foreground, Color Grid)
{
    // Twice as many pixels as the page shows: sharp on the screens of phones.
    private const int Density = 2;

    /// <summary>For light pages and for print.</summary>
    public static FigureTheme Light { get; } = new(Color.FromHex("#FFFFFF"), Color.FromHex("#222222"), Color.FromHex("#E6E6E6"));

    /// <summary>For dark pages.</summary>
    public static FigureTheme Dark { get; } = new(Color.FromHex("#16181C"), Color.FromHex("#D8DBE0"), Color.FromHex("#33373E"));

    /// <summary>A panel in these colours.</summary>
    public Plot Panel(string title, string xLabel, string yLabel)
    {
        var plot = PlotStyle.Panel(title, xLabel, yLabel);
        plot.FigureBackground.Color = plot.DataBackground.Color = Background;
        plot.Grid.MajorLineColor = Grid;
        foreach (var axis in plot.Axes.GetAxes())
        {
            axis.FrameLineStyle.Color = Foreground.WithAlpha(0.5);
            axis.TickLabelStyle.ForeColor = axis.Label.ForeColor = axis.MajorTickStyle.Color = axis.MinorTickStyle.Color = Foreground;
        }
        plot.Axes.Title.Label.ForeColor = Foreground;
        plot.Legend.BackgroundColor = Background.WithAlpha(0.85);
        plot.Legend.OutlineColor = Grid;
        plot.Legend.FontColor = Foreground;
        return plot;
    }

    /// <summary>The plot as a PNG.</summary>
    /// <param name="plot">What to draw.</param>
    /// <param name="width">Of the picture on the page.</param>
    /// <param name="height">Of the picture on the page.</param>
    public static byte[] Png(Plot plot, int width, int height)
    {
        plot.ScaleFactor = Density;
        using var surface = SKSurface.Create(new SKImageInfo(width * Density, height * Density));
        plot.Render(surface.Canvas, new PixelRect(0, width * Density, height * Density, 0));
        using var image = surface.Snapshot();
        using var png = image.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }
}
