using LpcEngine.Experiments.Metrics;

namespace LpcEngine.Experiments.Reports;

/// <summary>One line of a plot; a NaN in <see cref="Y"/> is left out.</summary>
/// <param name="Label">Its name in the legend.</param>
/// <param name="X">Epochs.</param>
/// <param name="Y">Values.</param>
internal sealed record Curve(string Label, IReadOnlyList<double> X, IReadOnlyList<double> Y);

/// <summary>What the plot of a run shows. Lists may be empty.</summary>
/// <param name="Title">Over the picture, for example <c>cifar10 lpc-narrow</c>.</param>
/// <param name="Accuracy">Accuracies, 0 to 1.</param>
/// <param name="Loss">Losses.</param>
/// <param name="Gamma">The penalty's weight; drawn against a logarithmic axis of its own; null for variants without penalty.</param>
/// <param name="Separation">Separation ratios.</param>
/// <param name="Trace">Within-class traces; logarithmic.</param>
/// <param name="Latents">Latents in two dimensions; null when there are none.</param>
/// <param name="ClassNames">Names of the classes.</param>
internal sealed record CollapseCurves(
    string Title,
    IReadOnlyList<Curve> Accuracy,
    IReadOnlyList<Curve> Loss,
    Curve? Gamma,
    IReadOnlyList<Curve> Separation,
    IReadOnlyList<Curve> Trace,
    Projection? Latents,
    IReadOnlyList<string> ClassNames);
