using System.Numerics;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>What becomes of the tiles' partial results, in double precision and in the order of the tiles.</summary>
internal static unsafe class BatchNormPartials
{
    /// <summary>Shift, mean, sum of squares.</summary>
    public const int StatisticsPerColumn = 3;

    /// <summary>Sum of g, sum of g·(x − high).</summary>
    public const int SumsPerColumn = 2;

    // Channels that one tile of the combination handles: the reads of a row of partials are then whole cache lines.
    private const int BlockChannels = 64;

    /// <summary>Number of blocks of channels.</summary>
    public static int Blocks(int channels) => Tiling.Count(channels, BlockChannels);

    /// <summary>The channels of one block.</summary>
    public static (int First, int Count) Block(int block, int channels) =>
        (block * BlockChannels, Math.Min(BlockChannels, channels - block * BlockChannels));

    /// <summary>Sums of n values become their mean and their sum of squares about it.</summary>
    public static void Centre(int n, ref float sum, ref float squares)
    {
        var mean = sum * (1f / n);
        squares = Math.Max(0f, squares - sum * mean);
        sum = mean;
    }

    // Vector<T> rather than ISimd<T>: that one knows floats alone, and element by element these operations give the same bits at every
    // width.

    /// <summary>shift − reference + mean in double precision.</summary>
    public static (Vector<double> Low, Vector<double> High) Relative(float* shift, float* reference, float* mean)
    {
        Vector.Widen(Vector.Load(shift), out var low, out var high);
        Vector.Widen(Vector.Load(reference), out var lowReference, out var highReference);
        Vector.Widen(Vector.Load(mean), out var lowMean, out var highMean);
        return (low - lowReference + lowMean, high - highReference + highMean);
    }

    /// <summary>sum += from, in double precision.</summary>
    public static void Add(float* from, double* sum)
    {
        Vector.Widen(Vector.Load(from), out var low, out var high);
        (Vector.Load(sum) + low).Store(sum);
        (Vector.Load(sum + Vector<double>.Count) + high).Store(sum + Vector<double>.Count);
    }

    /// <summary>Writes one channel's constants.</summary>
    public static void Store(float* constants, int channels, int c, double mean, double inverse, double weight, double bias)
    {
        var high = (float)mean;
        var low = mean - high;
        constants[BatchNormConstants.High * channels + c] = high;
        constants[BatchNormConstants.Low * channels + c] = (float)low;
        constants[BatchNormConstants.Inverse * channels + c] = (float)inverse;
        constants[BatchNormConstants.Scale * channels + c] = (float)(weight * inverse);
        constants[BatchNormConstants.Offset * channels + c] = (float)(bias - low * weight * inverse);
    }
}

/// <summary>Mean and variance of each channel from those of the tiles; running statistics.</summary>
internal unsafe struct CombineStatisticsJob : ITileJob
{
    public ChannelRows Layout;
    public float* Partials, Weight, Bias, RunningMean, RunningVariance, Constants;
    public float Momentum, Epsilon;

    public readonly void Run(int tile, int worker)
    {
        var (first, count) = BatchNormPartials.Block(tile, Layout.Channels);
        double* mean = stackalloc double[count], squares = stackalloc double[count];
        new Span<double>(mean, count).Clear();
        new Span<double>(squares, count).Clear();
        var total = (double)Layout.Rows;
        // Chan, Golub and LeVeque's combination of means and sums of squares (The American Statistician 37, 1983), all groups at once:
        // first the mean of means, then the squares about it. Means are taken relative to the first tile's shift, so that nothing cancels.
        SumMeans(first, count, mean);
        for (var c = 0; c < count; c++) mean[c] /= total;
        SumSquares(first, count, mean, squares);
        for (var c = 0; c < count; c++)
        {
            var channel = first + c;
            var m = mean[c] + Partials[channel];
            BatchNormPartials.Store(Constants, Layout.Channels, channel, m, 1 / Math.Sqrt(squares[c] / total + Epsilon), Weight[channel], Bias[channel]);
            RunningMean[channel] = (float)(RunningMean[channel] + Momentum * (m - RunningMean[channel]));
            RunningVariance[channel] = (float)(RunningVariance[channel] + Momentum * (squares[c] / (total - 1) - RunningVariance[channel]));
        }
    }

    private readonly void SumMeans(int first, int count, double* mean)
    {
        for (var tile = 0; tile < Layout.Tiles; tile++)
        {
            int rows = Layout.RowsOf(tile), rest = Layout.RestOf(tile);
            for (var start = first; start < Layout.Width; start += Layout.Channels)
            {
                var shift = Partials + (long)tile * BatchNormPartials.StatisticsPerColumn * Layout.Width + start;
                var relative = shift + Layout.Width;
                var c = 0;
                // Vectors where all columns hold equally many values; the same arithmetic element by element, so the same bits.
                if (rest == 0)
                {
                    for (; c <= count - Vector<float>.Count; c += Vector<float>.Count)
                    {
                        var (low, high) = BatchNormPartials.Relative(shift + c, Partials + first + c, relative + c);
                        (Vector.Load(mean + c) + (double)rows * low).Store(mean + c);
                        (Vector.Load(mean + c + Vector<double>.Count) + (double)rows * high).Store(mean + c + Vector<double>.Count);
                    }
                }
                for (; c < count; c++)
                    mean[c] += (start + c < rest ? rows + 1 : rows) * ((double)shift[c] - Partials[first + c] + relative[c]);
            }
        }
    }

    private readonly void SumSquares(int first, int count, double* mean, double* squares)
    {
        for (var tile = 0; tile < Layout.Tiles; tile++)
        {
            int rows = Layout.RowsOf(tile), rest = Layout.RestOf(tile);
            for (var start = first; start < Layout.Width; start += Layout.Channels)
            {
                var shift = Partials + (long)tile * BatchNormPartials.StatisticsPerColumn * Layout.Width + start;
                float* relative = shift + Layout.Width, about = relative + Layout.Width;
                var c = 0;
                if (rest == 0)
                {
                    for (; c <= count - Vector<float>.Count; c += Vector<float>.Count)
                    {
                        var (low, high) = BatchNormPartials.Relative(shift + c, Partials + first + c, relative + c);
                        Vector.Widen(Vector.Load(about + c), out var lowAbout, out var highAbout);
                        low -= Vector.Load(mean + c);
                        high -= Vector.Load(mean + c + Vector<double>.Count);
                        (Vector.Load(squares + c) + (lowAbout + (double)rows * low * low)).Store(squares + c);
                        (Vector.Load(squares + c + Vector<double>.Count) + (highAbout + (double)rows * high * high)).Store(squares + c + Vector<double>.Count);
                    }
                }
                for (; c < count; c++)
                {
                    var d = (double)shift[c] - Partials[first + c] + relative[c] - mean[c];
                    squares[c] += about[c] + (start + c < rest ? rows + 1 : rows) * d * d;
                }
            }
        }
    }
}

/// <summary>Gradients of weight and bias from the tiles' sums, and the two terms that dX owes to the statistics.</summary>
internal unsafe struct CombineSumsJob : ITileJob
{
    public ChannelRows Layout;
    public float* Partials, Constants, DWeight, DBias, Terms;
    public bool Training;

    public readonly void Run(int tile, int worker)
    {
        var (first, count) = BatchNormPartials.Block(tile, Layout.Channels);
        double* sum = stackalloc double[count], products = stackalloc double[count];
        new Span<double>(sum, count).Clear();
        new Span<double>(products, count).Clear();
        for (var t = 0; t < Layout.Tiles; t++)
        {
            for (var start = first; start < Layout.Width; start += Layout.Channels)
            {
                var g = Partials + (long)t * BatchNormPartials.SumsPerColumn * Layout.Width + start;
                var gx = g + Layout.Width;
                var c = 0;
                for (; c <= count - Vector<float>.Count; c += Vector<float>.Count)
                {
                    BatchNormPartials.Add(g + c, sum + c);
                    BatchNormPartials.Add(gx + c, products + c);
                }
                for (; c < count; c++)
                {
                    sum[c] += g[c];
                    products[c] += gx[c];
                }
            }
        }
        int channels = Layout.Channels;
        for (var c = 0; c < count; c++)
        {
            var channel = first + c;
            double inverse = Constants[BatchNormConstants.Inverse * channels + channel], low = Constants[BatchNormConstants.Low * channels + channel];
            double scale = Constants[BatchNormConstants.Scale * channels + channel];
            var dWeight = inverse * (products[c] - low * sum[c]);
            DWeight[channel] = (float)dWeight;
            DBias[channel] = (float)sum[c];
            // dX = scale·(g − dBias/n − x̂·dWeight/n) with x̂ = (x − high − low)·inverse (Ioffe and Szegedy, arXiv:1502.03167, section 3).
            var slope = Training ? -scale * inverse * dWeight / Layout.Rows : 0;
            Terms[channel] = (float)slope;
            Terms[channels + channel] = Training ? (float)(-scale * sum[c] / Layout.Rows - slope * low) : 0f;
        }
    }
}
