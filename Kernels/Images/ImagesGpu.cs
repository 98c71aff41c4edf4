using ILGPU;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Gathering and augmenting in ILGPU: one thread an image draws its placement, then one thread an output element.</summary>
internal sealed class ImagesGpu(GpuDevice device)
{
    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<int>, ArrayView<int>, ulong, int, ArrayView<int>> place =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<int>, ArrayView<int>, ulong, int, ArrayView<int>>>(PlaceKernel);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<byte>, ArrayView<int>, ArrayView<int>, ArrayView<float>, ArrayView<float>, ArrayView<float>, Geometry> bytes =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<byte>, ArrayView<int>, ArrayView<int>, ArrayView<float>, ArrayView<float>, ArrayView<float>, Geometry>>(BytesKernel);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<int>, ArrayView<int>, ArrayView<float>, ArrayView<float>, ArrayView<float>, Geometry> floats =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<int>, ArrayView<int>, ArrayView<float>, ArrayView<float>, ArrayView<float>, Geometry>>(FloatsKernel);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<int>, ArrayView<int>, ArrayView<int>> labels =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<int>, ArrayView<int>, ArrayView<int>>>(LabelsKernel);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<int>, ArrayView<int>, int, ArrayView<int>> next =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<int>, ArrayView<int>, int, ArrayView<int>>>(NextKernel);

    public static ImagesGpu On(Device device) => ((GpuDevice)device).Kernels(static gpu => new ImagesGpu(gpu));

    public void Gather(
        Tensor images, Tensor indices, Tensor mean, Tensor inverseDeviation, ImageAugmentation augmentation, ulong seed, Tensor epoch, Tensor y)
    {
        // Drawn once an image rather than once an element: ten rounds of Philox are thirty times the work of moving one.
        var placements = device.New(indices.Shape, DType.Int32);
        place(device.Stream, Elements.Config(indices.Shape.Count), GpuDevice.Ints(indices), GpuDevice.Ints(epoch), seed, (int)augmentation, GpuDevice.Ints(placements));
        var geometry = new Geometry(images.Shape);
        if (images.Type == DType.UInt8)
        {
            bytes(device.Stream, Elements.Config(y.Shape.Count), GpuDevice.Bytes(images), GpuDevice.Ints(indices), GpuDevice.Ints(placements), GpuDevice.Floats(mean), GpuDevice.Floats(inverseDeviation),
                GpuDevice.Floats(y), geometry);
        }
        else
        {
            floats(device.Stream, Elements.Config(y.Shape.Count), GpuDevice.Floats(images), GpuDevice.Ints(indices), GpuDevice.Ints(placements), GpuDevice.Floats(mean), GpuDevice.Floats(inverseDeviation),
                GpuDevice.Floats(y), geometry);
        }
    }

    public void GatherLabels(Tensor from, Tensor indices, Tensor y) =>
        labels(device.Stream, Elements.Config(y.Shape.Count), GpuDevice.Ints(from), GpuDevice.Ints(indices), GpuDevice.Ints(y));

    public void NextBatch(Tensor order, Tensor step, int batch, Tensor indices) =>
        next(device.Stream, new KernelConfig(1, Elements.GroupSize), GpuDevice.Ints(order), GpuDevice.Ints(step), batch, GpuDevice.Ints(indices));

    // A single group, since the step that all have read changes at the end.
    private static void NextKernel(ArrayView<int> order, ArrayView<int> step, int batch, ArrayView<int> indices)
    {
        var done = step[0];
        Group.Barrier(); // everybody has read it
        var start = done * batch;
        for (var i = Group.IdxX; i < (int)indices.Length; i += Elements.GroupSize) indices[i] = start + i < (int)order.Length ? order[start + i] : -1;
        if (Group.IdxX == 0) step[0] = done + 1;
    }

    private static void PlaceKernel(ArrayView<int> indices, ArrayView<int> epoch, ulong seed, int augmentation, ArrayView<int> placements)
    {
        var i = Elements.Index;
        if (i >= placements.Length) return;
        placements[i] = ImagePlacement.Draw(seed, epoch[0], indices[i], augmentation);
    }

    private static void BytesKernel(
        ArrayView<byte> images, ArrayView<int> indices, ArrayView<int> placements, ArrayView<float> mean, ArrayView<float> inverse, ArrayView<float> y, Geometry geometry)
    {
        var i = Elements.Index;
        if (i >= y.Length) return;
        var source = geometry.Source(i, indices, placements, out var c);
        // A quotient and a difference before the product: nothing that a compiler could contract, so all devices give the same bits.
        y[i] = source >= 0 ? ((int)images[source] / 255f - mean[c]) * inverse[c] : source == Geometry.Outside ? 0f : float.NaN;
    }

    private static void FloatsKernel(
        ArrayView<float> images, ArrayView<int> indices, ArrayView<int> placements, ArrayView<float> mean, ArrayView<float> inverse, ArrayView<float> y, Geometry geometry)
    {
        var i = Elements.Index;
        if (i >= y.Length) return;
        var source = geometry.Source(i, indices, placements, out var c);
        y[i] = source >= 0 ? (images[source] - mean[c]) * inverse[c] : source == Geometry.Outside ? 0f : float.NaN;
    }

    private static void LabelsKernel(ArrayView<int> from, ArrayView<int> indices, ArrayView<int> y)
    {
        var i = Elements.Index;
        if (i >= y.Length) return;
        var index = indices[i];
        y[i] = index >= 0 && index < from.Length ? from[index] : -1;
    }

    internal readonly struct Geometry(Shape images)
    {
        public const int Outside = -1;
        private const int NoImage = -2;

        private readonly int m = images[0], h = images[1], w = images[2], c = images[3];

        /// <summary>Where output element i comes from, or <see cref="Outside"/> for padding, or less when there is no such image.</summary>
        public int Source(int i, ArrayView<int> indices, ArrayView<int> placements, out int channel)
        {
            var pixel = i / c;
            channel = i - pixel * c;
            var line = pixel / w;
            var column = pixel - line * w;
            var batch = line / h;
            var image = indices[batch];
            if (image < 0 || image >= m) return NoImage;
            var placement = placements[batch];
            var row = line - batch * h + ImagePlacement.RowShift(placement);
            column += ImagePlacement.ColumnShift(placement);
            if (row < 0 || row >= h || column < 0 || column >= w) return Outside;
            if (ImagePlacement.IsFlipped(placement)) column = w - 1 - column;
            return ((image * h + row) * w + column) * c + channel;
        }
    }
}
