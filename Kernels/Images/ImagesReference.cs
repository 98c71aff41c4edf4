using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Gathering and augmenting in plain loops and double precision: each step on its own, in PyTorch's order.</summary>
internal static class ImagesReference
{
    public static double[] Gather(
        double[] images, Shape image, DType type, double[] indices, double[] mean, double[] inverseDeviation, ImageAugmentation augmentation, ulong seed, int epoch)
    {
        var result = new List<double>();
        foreach (var index in indices)
        {
            var placement = ImagePlacement.Draw(seed, epoch, (int)index, (int)augmentation);
            var normalised = Normalise(images.AsSpan((int)index * image.Count, image.Count), type, mean, inverseDeviation);
            var flipped = ImagePlacement.IsFlipped(placement) ? Flip(normalised, image) : normalised;
            result.AddRange(Crop(flipped, image, ImagePlacement.RowShift(placement), ImagePlacement.ColumnShift(placement)));
        }
        return result.ToArray();
    }

    private static double[] Normalise(ReadOnlySpan<double> x, DType type, double[] mean, double[] inverseDeviation)
    {
        var y = new double[x.Length];
        for (var i = 0; i < y.Length; i++) y[i] = ((type == DType.UInt8 ? x[i] / 255 : x[i]) - mean[i % mean.Length]) * inverseDeviation[i % mean.Length];
        return y;
    }

    private static double[] Flip(double[] x, Shape image)
    {
        var (h, w, c) = (image[0], image[1], image[2]);
        var y = new double[x.Length];
        for (var row = 0; row < h; row++)
            for (var column = 0; column < w; column++)
                for (var k = 0; k < c; k++) y[(row * w + column) * c + k] = x[(row * w + w - 1 - column) * c + k];
        return y;
    }

    private static double[] Crop(double[] x, Shape image, int down, int right)
    {
        var (h, w, c) = (image[0], image[1], image[2]);
        var y = new double[x.Length];
        for (var row = 0; row < h; row++)
            for (var column = 0; column < w; column++)
                for (var k = 0; k < c; k++)
                {
                    var (fromRow, fromColumn) = (row + down, column + right);
                    var inside = fromRow >= 0 && fromRow < h && fromColumn >= 0 && fromColumn < w;
                    y[(row * w + column) * c + k] = inside ? x[(fromRow * w + fromColumn) * c + k] : 0;
                }
        return y;
    }
}
