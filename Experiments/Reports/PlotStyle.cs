using System.Globalization;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace LpcEngine.Experiments.Reports;

/// <summary>What all plots share: light ground, quiet grid, colours that the colour-blind can tell apart.</summary>
internal static class PlotStyle
{
    /// <summary>Okabe and Ito's palette, darkest first.</summary>
    public static IReadOnlyList<Color> Palette { get; } =
    [
        Color.FromHex("#0072B2"), Color.FromHex("#D55E00"), Color.FromHex("#009E73"), Color.FromHex("#CC79A7"),
        Color.FromHex("#E69F00"), Color.FromHex("#56B4E9"), Color.FromHex("#000000"), Color.FromHex("#B8A800"),
    ];

    /// <summary>A colour for each class: Tableau's ten, else around the colour circle in three shades.</summary>
    public static Color ClassColour(int label, int classes)
    {
        if (classes <= 10)
        {
            return new ScottPlot.Palettes.Category10().GetColor(label);
        }

        float[] lightness = [0.35f, 0.5f, 0.65f];
        return Color.FromHSL(label / (float)classes, 0.75f, lightness[label % 3]);
    }

    /// <summary>An empty panel with the common looks.</summary>
    public static Plot Panel(string title, string xLabel, string yLabel)
    {
        PlotFonts.Use();
        var plot = new Plot();
        plot.FigureBackground.Color = Colors.White;
        plot.DataBackground.Color = Colors.White;
        plot.Grid.MajorLineColor = Color.FromHex("#E6E6E6");
        plot.Title(title, size: 17);
        plot.Axes.Title.Label.Bold = false;
        plot.XLabel(xLabel, size: 14);
        plot.YLabel(yLabel, size: 14);
        foreach (var axis in plot.Axes.GetAxes())
        {
            axis.TickLabelStyle.FontSize = 13;
            axis.FrameLineStyle.Color = Color.FromHex("#808080");
        }

        plot.Axes.Bottom.Label.Bold = plot.Axes.Left.Label.Bold = false;
        plot.Axes.Top.FrameLineStyle.Width = plot.Axes.Right.FrameLineStyle.Width = 0;
        plot.Legend.FontSize = 13;
        plot.Legend.BackgroundColor = Colors.White.WithAlpha(0.85);
        plot.Legend.OutlineColor = Color.FromHex("#C0C0C0");
        plot.Legend.ShadowColor = Colors.Transparent;
        return plot;
    }

    /// <summary>Turns an axis of decimal logarithms into a logarithmic one.</summary>
    public static void MakeLogarithmic(IAxis axis, double low, double high)
    {
        // Up to two decades need labels in between, the more the fewer decades; more get one for each power of ten (or each second, third … one).
        double decades = high - low;
        axis.TickGenerator = decades < 0.3 ? FewTicks(low, high, [1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9])
            : decades < 1.2 ? FewTicks(low, high, [1, 2, 3, 5, 7])
            : decades < 2.2 ? FewTicks(low, high, [1, 2, 5]) : Decades(low, high);
    }

    private static NumericManual Decades(double low, double high)
    {
        var ticks = new NumericManual();
        int first = (int)Math.Floor(low) - 1, last = (int)Math.Ceiling(high) + 1;
        int step = Math.Max(1, (int)Math.Ceiling((high - low) / 6));
        for (int power = first; power <= last; power++)
        {
            if (((power % step) + step) % step == 0)
            {
                ticks.AddMajor(power, Power(power));
            }

            if (step == 1)
            {
                for (int digit = 2; digit <= 9; digit++)
                {
                    ticks.AddMinor(power + Math.Log10(digit));
                }
            }
        }

        return ticks;
    }

    private static NumericManual FewTicks(double low, double high, double[] digits)
    {
        var ticks = new NumericManual();
        for (int power = (int)Math.Floor(low) - 1; power <= (int)Math.Ceiling(high) + 1; power++)
        {
            foreach (double digit in digits)
            {
                double value = digit * Math.Pow(10, power);
                ticks.AddMajor(Math.Log10(value), value.ToString("G3", CultureInfo.InvariantCulture));
            }
        }

        return ticks;
    }

    private static string Power(int power)
    {
        if (power is >= -3 and <= 3)
        {
            return Math.Pow(10, power).ToString("G4", CultureInfo.InvariantCulture);
        }

        const string Digits = "⁰¹²³⁴⁵⁶⁷⁸⁹";
        string raised = string.Concat(Math.Abs(power).ToString(CultureInfo.InvariantCulture).Select(c => Digits[c - '0']));
        return "10" + (power < 0 ? "⁻" : "") + raised;
    }
}
