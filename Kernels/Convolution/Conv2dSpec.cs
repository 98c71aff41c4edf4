using LpcEngine.Engine;

namespace LpcEngine.Kernels;

public static partial class Conv2dOp
{
    /// <summary>The declaration.</summary>
    public static OpSpec Spec { get; } = new("conv-2d", "y[n,p,q,k] = Σ x[n, p·stride+r−padding, q·stride+s−padding, c]·w[r,s,c,k]", Bound.Compute)
    {
        Cases =
        [
            Case(new(1, 3, 4, 1, 1, 3, 3, 1, 1), toy: true), Case(new(1, 5, 4, 3, 3, 3, 3, 2, 1), toy: true), Case(new(3, 2, 3, 3, 8, 1, 1, 1, 0), toy: true),
            Case(new(1, 9, 7, 3, 32, 3, 3, 1, 1)), Case(new(3, 8, 6, 8, 8, 3, 3, 1, 1)), Case(new(3, 7, 9, 17, 19, 3, 3, 1, 1)),
            Case(new(3, 7, 5, 32, 17, 3, 3, 2, 1)), Case(new(3, 8, 10, 8, 32, 3, 3, 2, 1)), Case(new(1, 8, 8, 19, 1, 3, 3, 2, 0)),
            Case(new(3, 6, 5, 32, 8, 1, 1, 1, 0)), Case(new(3, 9, 6, 17, 32, 1, 1, 2, 0)), Case(new(1, 7, 8, 8, 19, 1, 1, 2, 1)),
            Case(new(1, 11, 8, 3, 17, 5, 5, 1, 1)), Case(new(3, 9, 12, 8, 3, 5, 5, 2, 3)), Case(new(1, 17, 15, 3, 32, 7, 7, 2, 3)), Case(new(1, 9, 8, 1, 8, 7, 7, 1, 3)),
            // Filters that overlap the image only in part, down to a single pixel.
            Case(new(3, 1, 2, 8, 8, 3, 3, 1, 1)), Case(new(1, 2, 1, 3, 17, 7, 7, 2, 3)), Case(new(1, 3, 3, 19, 8, 3, 3, 2, 0)), Case(new(1, 4, 3, 8, 8, 5, 3, 3, 1)),
            // More than one tile of rows and of columns, and a weight gradient in several splits.
            Case(new(3, 20, 19, 8, 72, 3, 3, 1, 1)), Case(new(3, 16, 17, 32, 8, 3, 3, 1, 1)),
            // Minimal filtering on all devices: whole patches, patches that overshoot, no padding and more than filters need.
            Case(new(2, 8, 8, 64, 64, 3, 3, 1, 1)), Case(new(3, 10, 7, 64, 80, 3, 3, 1, 1)), Case(new(1, 10, 13, 80, 64, 3, 3, 1, 0)), Case(new(1, 6, 7, 64, 64, 3, 3, 1, 2)),
            // Two gradients of the input: the shortcut's is there first, and the convolution adds its own.
            BesideShortcut(new(2, 5, 6, 16, 16, 3, 3, 1, 1)), BesideShortcut(new(3, 6, 5, 24, 24, 1, 1, 1, 0)), BesideShortcut(new(1, 8, 9, 64, 64, 3, 3, 1, 1)),
            // One row and two columns beyond tiles of 128×128, with few and with many channels; and so many tiles that a GPU takes its largest ones.
            Case(new(1, 3, 43, 4, 130, 1, 1, 1, 0)), Case(new(1, 3, 43, 80, 130, 3, 3, 1, 1)), Case(new(1, 160, 193, 8, 36, 3, 3, 1, 1)), Case(new(1, 124, 125, 72, 72, 1, 1, 1, 0)),
        ],
        LargeCases = static () => [Case(new(1, 124, 125, 64, 64, 3, 3, 1, 1)), Case(new(1, 124, 125, 96, 128, 3, 3, 1, 1)), BesideShortcut(new(1, 124, 125, 64, 64, 3, 3, 1, 1)), BesideShortcut(new(1, 124, 125, 128, 128, 1, 1, 1, 0))],
        Benchmarks = Benchmarks,
        MorePrecisions = static device => device == "cpu" ? [] : [Precision.Tf32, Precision.Bf16],
    };

    // C, K, filter, stride, input side: every distinct convolution of the CIFAR ResNets with base width 64 at batch 128.
    private static IEnumerable<OpCase> Benchmarks()
    {
        const int batch = 128;
        // The stem, and ResNet-18's stages: 3×3 within a stage; 3×3 and the 1×1 shortcut with stride 2 into the next.
        yield return Case(new(batch, 32, 32, 3, 64, 3, 3, 1, 1), toy: false);
        for (var (side, width) = (32, 64); width <= 512; (side, width) = (side / 2, width * 2))
        {
            yield return Case(new(batch, side, side, width, width, 3, 3, 1, 1), toy: false);
            if (width == 512) continue;
            yield return Case(new(batch, side, side, width, width * 2, 3, 3, 2, 1), toy: false);
            yield return Case(new(batch, side, side, width, width * 2, 1, 1, 2, 0), toy: false);
        }
        // ResNet-50's bottlenecks: 1×1 down to the width, 3×3 (stride 2 in the first block of a stage), 1×1 up to four times the width.
        yield return Case(new(batch, 32, 32, 64, 64, 1, 1, 1, 0), toy: false);
        for (var (side, width) = (32, 64); width <= 512; (side, width) = (side / 2, width * 2))
        {
            yield return Case(new(batch, side, side, width, 4 * width, 1, 1, 1, 0), toy: false);
            yield return Case(new(batch, side, side, 4 * width, width, 1, 1, 1, 0), toy: false);
            if (width == 512) continue;
            yield return Case(new(batch, side, side, 4 * width, 2 * width, 1, 1, 1, 0), toy: false);
            yield return Case(new(batch, side, side, 2 * width, 2 * width, 3, 3, 2, 1), toy: false);
            yield return Case(new(batch, side, side, 4 * width, 8 * width, 1, 1, 2, 0), toy: false);
        }
    }

    // y = x ∗ w + 2x, with as many channels on both sides and pixels for pixels.
    private static OpCase BesideShortcut(ConvGeometry g)
    {
        var alone = Case(g);
        return alone with
        {
            Label = $"{alone.Label} + 2x",
            Run = inputs => inputs[0].Conv2d(inputs[1], g.Stride, g.Padding).Add(inputs[0].Scale(2)),
            Forward = inputs => [.. Conv2dReference.Forward(g, inputs[0], inputs[1]).Zip(inputs[0], (y, x) => y + 2 * x)],
            Backward = (inputs, dY) => [[.. Conv2dReference.BackwardInput(g, inputs[1], dY).Zip(dY, (dX, d) => dX + 2 * d)], Conv2dReference.BackwardWeight(g, inputs[0], dY)],
        };
    }

    private static OpCase Case(ConvGeometry g, bool toy = false)
    {
        var (x, w, y) = (4.0 * g.XShape.Count, 4.0 * g.WeightShape.Count, 4.0 * g.YShape.Count);
        return new($"{g.XShape} ∗ {g.WeightShape} stride {g.Stride} padding {g.Padding}", [new(g.XShape) { IsActivation = true }, new(g.WeightShape)],
            inputs => inputs[0].Conv2d(inputs[1], g.Stride, g.Padding), inputs => Conv2dReference.Forward(g, inputs[0], inputs[1]))
        {
            Backward = (inputs, dY) => [Conv2dReference.BackwardInput(g, inputs[1], dY), Conv2dReference.BackwardWeight(g, inputs[0], dY)],
            Toy = toy,
            Flops = g.Flops,
            Bytes = x + w + y,
            // Two passes of the same size: dY and w to dX, x and dY to dW.
            BackwardFlops = 2.0 * g.Flops,
            BackwardBytes = 2 * (x + w + y),
        };
    }
}
