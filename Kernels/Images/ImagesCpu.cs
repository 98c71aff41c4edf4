using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Gathering and augmenting on the CPU: a tile is one image.</summary>
/// <remarks>
/// Bytes are normalised through a table of 256 values a channel, which stays in the first-level cache: exact, and cheaper than widening,
/// dividing and interleaving three channels in vectors.
/// </remarks>
internal static unsafe class ImagesCpu
{
    public static void Gather(
        CpuDevice cpu, Tensor images, Tensor indices, Tensor mean, Tensor inverseDeviation, ImageAugmentation augmentation, ulong seed, Tensor epoch, Tensor y)
    {
        var shape = images.Shape;
        var job = new Job
        {
            Indices = CpuDevice.Ints(indices), Mean = CpuDevice.Floats(mean), Inverse = CpuDevice.Floats(inverseDeviation), Y = CpuDevice.Floats(y),
            Images = shape[0], H = shape[1], W = shape[2], C = shape[3], Seed = seed, Epoch = *CpuDevice.Ints(epoch), Augmentation = augmentation,
        };
        if (images.Type == DType.UInt8)
        {
            job.BytePixels = CpuDevice.Bytes(images);
            job.Table = (float*)cpu.Pool.SharedScratch(256L * job.C * sizeof(float));
            for (var value = 0; value < 256; value++)
                for (var c = 0; c < job.C; c++) job.Table[value * job.C + c] = (value / 255f - job.Mean[c]) * job.Inverse[c];
        }
        else job.FloatPixels = CpuDevice.Floats(images);
        cpu.Pool.Run(indices.Shape.Count, ref job);
    }

    public static void GatherLabels(Tensor labels, Tensor indices, Tensor y)
    {
        int* from = CpuDevice.Ints(labels), index = CpuDevice.Ints(indices), to = CpuDevice.Ints(y);
        for (var i = 0; i < y.Shape.Count; i++) to[i] = (uint)index[i] < (uint)labels.Shape.Count ? from[index[i]] : -1;
    }

    public static void NextBatch(Tensor order, Tensor step, int batch, Tensor indices)
    {
        int* from = CpuDevice.Ints(order), to = CpuDevice.Ints(indices);
        var start = (long)(*CpuDevice.Ints(step))++ * batch;
        for (var i = 0; i < indices.Shape.Count; i++) to[i] = start + i < order.Shape.Count ? from[start + i] : -1;
    }

    private struct Job : ITileJob
    {
        public byte* BytePixels;
        public float* FloatPixels, Table, Mean, Inverse, Y;
        public int* Indices;
        public int Images, H, W, C, Epoch;
        public ulong Seed;
        public ImageAugmentation Augmentation;

        public readonly void Run(int tile, int worker)
        {
            var image = Indices[tile];
            var y = new Span<float>(Y + (long)tile * H * W * C, H * W * C);
            if ((uint)image >= (uint)Images)
            {
                y.Fill(float.NaN);
                return;
            }
            var placement = ImagePlacement.Draw(Seed, Epoch, image, (int)Augmentation);
            var (down, right) = (ImagePlacement.RowShift(placement), ImagePlacement.ColumnShift(placement));
            var flipped = ImagePlacement.IsFlipped(placement);
            // The output columns whose source lies inside the image; images narrower than the shift may have none.
            var first = Math.Min(Math.Max(0, -right), W);
            var last = Math.Max(first, Math.Min(W, W - right));
            for (var row = 0; row < H; row++)
            {
                var to = y.Slice(row * W * C, W * C);
                var fromRow = row + down;
                if ((uint)fromRow >= (uint)H)
                {
                    to.Clear();
                    continue;
                }
                to[..(first * C)].Clear();
                to[(last * C)..].Clear();
                var source = ((long)image * H + fromRow) * W * C + (flipped ? W - 1 - first - right : first + right) * C;
                fixed (float* at = &to[0]) Copy(at + first * C, source, last - first, flipped ? -C : C);
            }
        }

        private readonly void Copy(float* to, long source, int pixels, int step)
        {
            if (BytePixels is null)
            {
                for (var pixel = 0; pixel < pixels; pixel++, source += step, to += C)
                    for (var c = 0; c < C; c++) to[c] = (FloatPixels[source + c] - Mean[c]) * Inverse[c];
            }
            else if (C == 3)
            {
                for (var from = BytePixels + source; pixels > 0; pixels--, from += step, to += 3)
                {
                    to[0] = Table[from[0] * 3];
                    to[1] = Table[from[1] * 3 + 1];
                    to[2] = Table[from[2] * 3 + 2];
                }
            }
            else
            {
                for (var from = BytePixels + source; pixels > 0; pixels--, from += step, to += C)
                    for (var c = 0; c < C; c++) to[c] = Table[from[c] * C + c];
            }
        }
    }
}
