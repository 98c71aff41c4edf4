using ScottPlot;

namespace LpcEngine.Experiments.Reports;

/// <summary>A figure: one panel or several, each drawn for a light and for a dark page.</summary>
/// <param name="Id">A short name without spaces.</param>
/// <param name="Title">What it shows.</param>
/// <param name="Note">How to read it.</param>
/// <param name="Panels">Its panels, in reading order.</param>
internal sealed record ReportFigure(string Id, string Title, string Note, IReadOnlyList<FigurePanel> Panels);

/// <summary>One panel of a figure.</summary>
/// <param name="Description">What it shows, for those who cannot see it.</param>
/// <param name="Width">On the page.</param>
/// <param name="Height">On the page.</param>
/// <param name="Draw">Draws it in the colours of a theme.</param>
internal sealed record FigurePanel(string Description, int Width, int Height, Func<FigureTheme, Plot> Draw);
