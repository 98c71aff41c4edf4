namespace LpcEngine.Experiments.Data;

/// <summary>
/// Scales and crops as torchvision's <c>Resize</c> and <c>CenterCrop</c> do on PIL images: antialiased bilinear, in Pillow's fixed-point arithmetic, equal to
/// the bit. Networks trained in either world see the same pixels.
/// </summary>
/// <remarks>
/// Pillow's <c>Resample.c</c>: each output is a weighted mean over a triangle that is as wide as two outputs (at least two inputs). Weights have 22 bits
/// after the point; the horizontal pass is rounded to bytes before the vertical one. Only the rows and columns that the crop keeps are computed, so an
/// image of 1 × 100,000 pixels costs no more than its middle.
/// </remarks>
internal static class PillowScaling
{
    private const int Fraction = 22;

    /// <summary>Scales an image until it covers <paramref name="outWidth"/> × <paramref name="outHeight"/>, and keeps the middle.</summary>
    /// <param name="pixels">Rows of four bytes a pixel, of which the fourth is not looked at.</param>
    /// <param name="width">Columns, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="result">Receives rows of three bytes a pixel.</param>
    /// <param name="outWidth">Its columns.</param>
    /// <param name="outHeight">Its rows.</param>
    public static void Cover(ReadOnlySpan<byte> pixels, int width, int height, Span<byte> result, int outWidth, int outHeight)
    {
        var (scaledWidth, scaledHeight) = Covering(width, height, outWidth, outHeight);
        var columns = Weights.Of(width, scaledWidth, Margin(scaledWidth, outWidth), outWidth);
        var rows = Weights.Of(height, scaledHeight, Margin(scaledHeight, outHeight), outHeight);
        var rowLength = outWidth * 3;
        var narrow = new byte[rows.Needed * rowLength];
        for (var y = 0; y < rows.Needed; y++)
            ScaleRow(pixels.Slice((int)((long)(rows.First + y) * width * 4), width * 4), columns, narrow.AsSpan(y * rowLength, rowLength));
        for (var y = 0; y < outHeight; y++)
            ScaleColumns(narrow, rows, y, result.Slice(y * rowLength, rowLength));
    }

    /// <summary>The size before the crop. One side fits exactly, the other is cut to a whole number, as torchvision does.</summary>
    public static (long Width, long Height) Covering(int width, int height, int outWidth, int outHeight) =>
        (long)width * outHeight <= (long)height * outWidth
            ? (outWidth, Math.Max(outHeight, (long)outWidth * height / width))
            : (Math.Max(outWidth, (long)outHeight * width / height), outHeight);

    // What is cut off before the middle: torchvision rounds as Python does, halves to the even neighbour.
    private static long Margin(long scaled, int kept) => (long)Math.Round((scaled - kept) / 2.0, MidpointRounding.ToEven);

    private static void ScaleRow(ReadOnlySpan<byte> row, Weights weights, Span<byte> result)
    {
        for (var x = 0; x < weights.Starts.Length; x++)
        {
            int red = 1 << (Fraction - 1), green = red, blue = red, at = weights.Starts[x] * 4;
            foreach (var weight in weights[x])
            {
                red += row[at] * weight;
                green += row[at + 1] * weight;
                blue += row[at + 2] * weight;
                at += 4;
            }
            result[3 * x] = (byte)(red >> Fraction);
            result[3 * x + 1] = (byte)(green >> Fraction);
            result[3 * x + 2] = (byte)(blue >> Fraction);
        }
    }

    private static void ScaleColumns(ReadOnlySpan<byte> rows, Weights weights, int y, Span<byte> result)
    {
        var first = (weights.Starts[y] - weights.First) * result.Length;
        for (var i = 0; i < result.Length; i++)
        {
            int sum = 1 << (Fraction - 1), at = first + i;
            foreach (var weight in weights[y])
            {
                sum += rows[at] * weight;
                at += result.Length;
            }
            result[i] = (byte)(sum >> Fraction);
        }
    }

    /// <summary>What each kept output takes of the inputs along one side.</summary>
    private readonly struct Weights
    {
        private readonly int[] values, ends;

        private Weights(int[] starts, int[] ends, int[] values) => (Starts, this.ends, this.values) = (starts, ends, values);

        /// <summary>The first input of each output.</summary>
        public int[] Starts { get; }

        /// <summary>The first input of all.</summary>
        public int First => Starts[0];

        /// <summary>Inputs from the first to the last.</summary>
        public int Needed => Starts[^1] + this[Starts.Length - 1].Length - Starts[0];

        /// <summary>The weights of an output; they add up to 2²² but for rounding.</summary>
        public ReadOnlySpan<int> this[int output] => values.AsSpan(output == 0 ? 0 : ends[output - 1], ends[output] - (output == 0 ? 0 : ends[output - 1]));

        // Pillow's precompute_coeffs and normalize_coeffs_8bpc with its order of operations, in double.
        public static Weights Of(int inputs, long outputs, long skipped, int kept)
        {
            var scale = (double)inputs / outputs;
            var support = Math.Max(scale, 1);
            int[] starts = new int[kept], ends = new int[kept];
            var values = new List<int>();
            var exact = new double[(int)Math.Ceiling(support) * 2 + 1];
            for (var i = 0; i < kept; i++)
            {
                var centre = (skipped + i + 0.5) * scale;
                var start = Math.Max(0, (int)(centre - support + 0.5));
                var count = Math.Min(inputs, (int)(centre + support + 0.5)) - start;
                double sum = 0, inverse = 1 / support;
                for (var k = 0; k < count; k++) sum += exact[k] = Triangle((k + start - centre + 0.5) * inverse);
                for (var k = 0; k < count; k++) values.Add((int)(0.5 + exact[k] / sum * (1 << Fraction)));
                (starts[i], ends[i]) = (start, values.Count);
            }
            return new(starts, ends, [.. values]);
        }

        private static double Triangle(double x) => Math.Max(0, 1 - Math.Abs(x));
    }
}
