using LpcEngine.Models;
using ScottPlot;

namespace LpcEngine.Experiments.Reports;

/// <summary>How a variant is drawn, the same in all figures: full lines for those with the penalty, dashed ones for the others.</summary>
internal static class VariantStyle
{
    // Okabe and Ito's colours; grey for the baseline. A colour that occurs twice has both line patterns.
    private static readonly Dictionary<string, string> Colours = new()
    {
        ["lpc"] = "#0072B2", ["lpc-wide"] = "#56B4E9", ["lpc-narrow"] = "#D55E00", ["lpc-scl"] = "#009E73", ["lpc-nopen"] = "#CC79A7", ["linpen"] = "#0072B2",
        ["nonlinpen"] = "#E69F00", ["scl"] = "#009E73", ["arcface"] = "#B8A800", ["cosface"] = "#CC79A7", ["nopen"] = "#888888",
    };

    /// <summary>Its colour.</summary>
    public static Color Colour(Variant variant) => Color.FromHex(Colours.GetValueOrDefault(variant.Name, "#888888"));

    /// <summary>Its line.</summary>
    public static LinePattern Line(Variant variant) => variant.Penalty ? LinePattern.Solid : LinePattern.Dashed;

    /// <summary>Its marker.</summary>
    public static MarkerShape Marker(Variant variant) => variant.Penalty ? MarkerShape.FilledCircle : MarkerShape.OpenCircle;
}
