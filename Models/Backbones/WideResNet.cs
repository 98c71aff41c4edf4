using LpcEngine.Engine;
using LpcEngine.Kernels;

namespace LpcEngine.Models;

/// <summary>A wide residual network for small images: three groups of pre-activation blocks, with Swish throughout.</summary>
/// <remarks>
/// Source: Zagoruyko and Komodakis, arXiv:1605.07146. wrn-D-W has (D − 4)/6 blocks in each group and 16·W, 32·W and 64·W channels; the stem
/// has 16. As in the LPC paper's later code the stem (3×3, stride 1, at any image size) is followed by its own batch normalisation and
/// Swish, and one more of both stands before the pooling.
/// </remarks>
public sealed class WideResNet : ResidualNetwork
{
    private const int Groups = 3;

    private readonly BatchNormLayer lastNorm;

    /// <summary>Makes the network with PyTorch's default initialisation.</summary>
    /// <param name="initialiser">Draws the weights.</param>
    /// <param name="spec">Width and image size; the stem has a quarter as many channels as the width says, rounded up.</param>
    /// <param name="blocksPerGroup">Blocks of each group, at least 1.</param>
    /// <param name="factor">W, at least 1.</param>
    public WideResNet(Initialiser initialiser, BackboneSpec spec, int blocksPerGroup, int factor)
        : base("WideResNet", initialiser, spec, Narrow(spec), stemSize: 3, stemStride: 1)
    {
        for (var group = 0; group < Groups; group++)
        {
            var outputs = (int)Math.Min((long)Narrow(spec) * factor << group, int.MaxValue);
            AddStage(group, blocksPerGroup, (inputs, stride) => new PreActivationBlock(initialiser, inputs, outputs, stride));
        }
        lastNorm = Part("bn", new BatchNormLayer(initialiser, Features));
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor images) => lastNorm.ForwardSwish(Blocks(Stem(images))).GlobalAveragePool();

    private static int Narrow(BackboneSpec spec) => (spec.Width + 3) / 4;
}
