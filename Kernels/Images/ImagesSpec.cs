using LpcEngine.Engine;

namespace LpcEngine.Kernels;

public static partial class ImagesOp
{
    /// <summary>The declaration of <see cref="GatherImages"/>.</summary>
    public static OpSpec ImagesSpec { get; } = new("gather-images", "y = crop(flip((images[i]/255 − mean)/deviation))", Bound.Memory)
    {
        Cases =
        [
            Case(5, 3, new(4, 5, 3), DType.UInt8, ImageAugmentation.None), Case(5, 4, new(7, 9, 3), DType.UInt8, ImageAugmentation.Crop),
            Case(6, 7, new(5, 7, 3), DType.UInt8, ImageAugmentation.CropFlip), Case(3, 5, new(6, 3, 1), DType.UInt8, ImageAugmentation.CropFlip),
            Case(4, 3, new(5, 4, 5), DType.Float32, ImageAugmentation.CropFlip), Case(4, 2, new(3, 3, 3), DType.Float32, ImageAugmentation.None),
            Case(70, 33, new(32, 32, 3), DType.UInt8, ImageAugmentation.CropFlip) with { Toy = false },
        ],
        Benchmarks = () =>
        [
            Case(10_000, 128, new(32, 32, 3), DType.UInt8, ImageAugmentation.CropFlip), Case(10_000, 128, new(32, 32, 3), DType.UInt8, ImageAugmentation.None),
        ],
        Tolerance = 1e-6,
    };

    /// <summary>The declaration of <see cref="GatherLabels"/>.</summary>
    public static OpSpec LabelsSpec { get; } = new("gather-labels", "y = labels[i]", Bound.Memory)
    {
        Cases = [LabelsCase(5, 1), LabelsCase(7, 131)],
        Benchmarks = () => [LabelsCase(50_000, 128)],
        Tolerance = 0,
    };

    private static OpCase Case(int images, int batch, Shape image, DType type, ImageAugmentation augmentation)
    {
        const ulong Seed = 0x9E3779B97F4A7C15;
        var (h, w, c) = (image[0], image[1], image[2]);
        return new($"{batch} of [{images}, {h}, {w}, {c}] {type} {augmentation}",
        [
            new(new(images, h, w, c), Differentiable: false) { Type = type, Draw = type == DType.UInt8 ? OpInput.Whole(256) : OpInput.Normal(1) },
            new(new Shape(batch), Differentiable: false) { Type = DType.Int32, Draw = OpInput.Whole(images) },
            new(new Shape(c), Differentiable: false) { Draw = OpInput.Uniform(0.3, 0.6) },
            new(new Shape(c), Differentiable: false) { Draw = OpInput.Uniform(3, 5) },
            new(new Shape(1), Differentiable: false) { Type = DType.Int32, Draw = OpInput.Constant(17) },
        ],
        x => GatherImages(x[0], x[1], x[2], x[3], augmentation, Seed, x[4]),
        x => ImagesReference.Gather(x[0], image, type, x[1], x[2], x[3], augmentation, Seed, (int)x[4][0]))
        {
            Bytes = (4.0 + type.Bytes()) * batch * image.Count,
        };
    }

    private static OpCase LabelsCase(int labels, int batch) => new($"{batch} of [{labels}]",
        [
            new(new Shape(labels), Differentiable: false) { Type = DType.Int32, Draw = OpInput.Whole(1000) },
            new(new Shape(batch), Differentiable: false) { Type = DType.Int32, Draw = OpInput.Whole(labels) },
        ],
        x => GatherLabels(x[0], x[1]), x => Array.ConvertAll(x[1], i => x[0][(int)i]))
    {
        Bytes = 12.0 * batch,
    };
}
