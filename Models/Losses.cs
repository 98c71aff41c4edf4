using LpcEngine.Engine;
using LpcEngine.Kernels;

namespace LpcEngine.Models;

/// <summary>The losses on directions rather than lengths, composed of operations, with the constants of the LPC paper's code.</summary>
public static class Losses
{
    private const float ContrastiveTemperature = 0.05f, MarginEpsilon = 1e-7f;

    /// <summary>The supervised contrastive loss of a batch: temperature 0.05, one view per image, mean over all images.</summary>
    /// <param name="features">h [N, d]. No projection head: the features themselves are compared.</param>
    /// <param name="labels">[N], <see cref="DType.Int32"/>.</param>
    /// <returns>A scalar of the running step.</returns>
    /// <exception cref="ShapeException">The features aren't [N, d] or the labels don't fit.</exception>
    public static Tensor Contrastive(this Tensor features, Tensor labels)
    {
        var directions = features.NormaliseRows();
        return directions.MatMul(directions, transposeB: true).SupervisedContrastive(labels, ContrastiveTemperature);
    }

    /// <summary>Logits with a margin, from the cosines between features and the classifier's rows.</summary>
    /// <param name="features">h [N, d].</param>
    /// <param name="classifier">The last layer's weight [d, classes].</param>
    /// <param name="labels">[N], <see cref="DType.Int32"/>.</param>
    /// <param name="kind">Which margin.</param>
    /// <param name="scale">s, a float scalar in device memory.</param>
    /// <param name="margin">m, a float scalar in device memory.</param>
    /// <returns>[N, classes], of the running step.</returns>
    /// <exception cref="ShapeException">A shape doesn't fit.</exception>
    public static Tensor MarginLogits(this Tensor features, Tensor classifier, Tensor labels, Margin kind, Tensor scale, Tensor margin)
    {
        // A class's weights are a column here, in files a row.
        var directions = classifier.Transpose().NormaliseRows(MarginEpsilon);
        var cosines = features.NormaliseRows(MarginEpsilon).MatMul(directions, transposeB: true);
        return kind == Margin.Cosine ? cosines.CosineMargin(labels, scale, margin) : cosines.AngularMargin(labels, scale, margin);
    }
}
