using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>The kernels that pass over the data. See <see cref="GpuRows"/> for who handles what.</summary>
/// <remarks>
/// <para>However activations and their gradients are stored, all else is floats, and sums take what was computed, not what was rounded to be stored.</para>
/// <para>Complete rows are read without a question about the end: with a branch around each access, a number in bf16 is widened within the branch, which waits for it, and the next
/// access is not asked for before it has arrived. The one row that may be incomplete comes last, as it lies last.</para>
/// </remarks>
internal static class BatchNormGpuKernels
{
    // Rows whose mean is the tile's shift: enough that one odd value can't lie far from all others, few enough that reading them twice is
    // free.
    private const int PilotRows = 8;

    /// <summary>Per tile and column: shift, mean relative to it, sum of squares about the mean; three planes of [tiles, width].</summary>
    public static void Statistics<TStorage>(TStorage x, ArrayView<float> partials, GpuRows rows) where TStorage : struct, IStorage<TStorage>
    {
        var sums = SharedMemory.Allocate<float>(GpuRows.Lanes * GpuRows.GroupColumns);
        var squares = SharedMemory.Allocate<float>(GpuRows.Lanes * GpuRows.GroupColumns);
        int lane = Group.IdxX / GpuRows.Quads, local = Group.IdxX % GpuRows.Quads * 4, tile = Grid.IdxY;
        var column = Grid.IdxX * GpuRows.GroupColumns + local;
        Float4 sum = Float4.All(0f), square = Float4.All(0f);
        if (column < rows.Width)
        {
            var shift = Pilot(x, rows, tile, column);
            int row = tile * rows.TileRows + lane, end = rows.CompleteEnd(tile);
            for (; row < end; row += GpuRows.Lanes)
            {
                var d = x.LoadQuad((row * rows.Width + column) >> 2) - shift;
                sum += d;
                square += d * d;
            }
            if (row < rows.End(tile))
            {
                var d = rows.Load(x, row * rows.Width + column, shift) - shift;
                sum += d;
                square += d * d;
            }
            if (lane == 0)
            {
                var into = tile * rows.Width + column;
                partials[into] = shift.X;
                partials[into + 1] = shift.Y;
                partials[into + 2] = shift.Z;
                partials[into + 3] = shift.W;
            }
        }
        Share(sums, lane * GpuRows.GroupColumns + local, sum);
        Share(squares, lane * GpuRows.GroupColumns + local, square);
        // All lanes' sums must be there before they are added up.
        Group.Barrier();
        var mine = Grid.IdxX * GpuRows.GroupColumns + Group.IdxX;
        if (Group.IdxX >= GpuRows.GroupColumns || mine >= rows.Width) return;
        float s = 0f, q = 0f;
        for (var i = 0; i < GpuRows.Lanes; i++)
        {
            s += sums[i * GpuRows.GroupColumns + Group.IdxX];
            q += squares[i * GpuRows.GroupColumns + Group.IdxX];
        }
        var n = rows.Values(tile, mine);
        var mean = n > 0 ? s / n : 0f;
        var plane = rows.Tiles * rows.Width;
        partials[plane + tile * rows.Width + mine] = mean;
        partials[2 * plane + tile * rows.Width + mine] = q - s * mean;
    }

    /// <summary>y = f((x − high)·scale + offset [+ shortcut]).</summary>
    public static void Forward<TStorage, TFusion>(TStorage x, TStorage shortcut, ArrayView<float> constants, TStorage y, GpuRows rows)
        where TStorage : struct, IStorage<TStorage> where TFusion : struct, IFusion
    {
        int lane = Group.IdxX / GpuRows.Quads, tile = Grid.IdxY;
        var column = Grid.IdxX * GpuRows.GroupColumns + Group.IdxX % GpuRows.Quads * 4;
        if (column >= rows.Width) return;
        var high = rows.Constants(constants, BatchNormConstants.High, column);
        var scale = rows.Constants(constants, BatchNormConstants.Scale, column);
        var offset = rows.Constants(constants, BatchNormConstants.Offset, column);
        int row = tile * rows.TileRows + lane, end = rows.CompleteEnd(tile);
        for (; row < end; row += GpuRows.Lanes)
        {
            var quad = (row * rows.Width + column) >> 2;
            var d = x.LoadQuad(quad) - high;
            var more = TFusion.Adds ? shortcut.LoadQuad(quad) : Float4.All(0f);
            y.StoreQuad(quad, Output<TFusion>(d, scale, offset, more));
        }
        if (row >= rows.End(tile)) return;
        var at = row * rows.Width + column;
        var lastD = rows.Load(x, at, high) - high;
        var last = TFusion.Adds ? rows.Load(shortcut, at, Float4.All(0f)) : Float4.All(0f);
        rows.Store(y, at, Output<TFusion>(lastD, scale, offset, last));
    }

    /// <summary>
    /// Per tile and column: Σ g and Σ g·(x − high), two planes of [tiles, width], with g = dY·f′; with a shortcut g itself too.
    /// </summary>
    public static void Reduce<TStorage, TFusion>(
        TStorage x, TStorage dY, TStorage shortcut, ArrayView<float> constants, TStorage slope, ArrayView<float> partials, GpuRows rows)
        where TStorage : struct, IStorage<TStorage> where TFusion : struct, IFusion
    {
        var sums = SharedMemory.Allocate<float>(GpuRows.Lanes * GpuRows.GroupColumns);
        var products = SharedMemory.Allocate<float>(GpuRows.Lanes * GpuRows.GroupColumns);
        int lane = Group.IdxX / GpuRows.Quads, local = Group.IdxX % GpuRows.Quads * 4, tile = Grid.IdxY;
        var column = Grid.IdxX * GpuRows.GroupColumns + local;
        Float4 sum = Float4.All(0f), product = Float4.All(0f);
        if (column < rows.Width)
        {
            var high = rows.Constants(constants, BatchNormConstants.High, column);
            var scale = rows.Constants(constants, BatchNormConstants.Scale, column);
            var offset = rows.Constants(constants, BatchNormConstants.Offset, column);
            int row = tile * rows.TileRows + lane, end = rows.CompleteEnd(tile);
            for (; row < end; row += GpuRows.Lanes)
            {
                var quad = (row * rows.Width + column) >> 2;
                Float4 d = x.LoadQuad(quad) - high, upstream = dY.LoadQuad(quad);
                var more = TFusion.Adds ? shortcut.LoadQuad(quad) : Float4.All(0f);
                var g = Slope<TFusion>(d, scale, offset, more, upstream);
                if (TFusion.Adds) slope.StoreQuad(quad, g);
                sum += g;
                product += g * d;
            }
            if (row < rows.End(tile))
            {
                var at = row * rows.Width + column;
                Float4 d = rows.Load(x, at, high) - high, upstream = rows.Load(dY, at, Float4.All(0f));
                var more = TFusion.Adds ? rows.Load(shortcut, at, Float4.All(0f)) : Float4.All(0f);
                var g = Slope<TFusion>(d, scale, offset, more, upstream);
                if (TFusion.Adds) rows.Store(slope, at, g);
                sum += g;
                product += g * d;
            }
        }
        Share(sums, lane * GpuRows.GroupColumns + local, sum);
        Share(products, lane * GpuRows.GroupColumns + local, product);
        // All lanes' sums must be there before they are added up.
        Group.Barrier();
        var mine = Grid.IdxX * GpuRows.GroupColumns + Group.IdxX;
        if (Group.IdxX >= GpuRows.GroupColumns || mine >= rows.Width) return;
        float s = 0f, p = 0f;
        for (var i = 0; i < GpuRows.Lanes; i++)
        {
            s += sums[i * GpuRows.GroupColumns + Group.IdxX];
            p += products[i * GpuRows.GroupColumns + Group.IdxX];
        }
        partials[tile * rows.Width + mine] = s;
        partials[(rows.Tiles + tile) * rows.Width + mine] = p;
    }

    /// <summary>
    /// dX = scale·g + slope·(x − high) + level; with a shortcut, <paramref name="dY"/> is the g that the reduction has written.
    /// </summary>
    public static void Backward<TStorage, TFusion>(TStorage x, TStorage dY, ArrayView<float> constants, ArrayView<float> terms, TStorage dX, GpuRows rows)
        where TStorage : struct, IStorage<TStorage> where TFusion : struct, IFusion
    {
        int lane = Group.IdxX / GpuRows.Quads, tile = Grid.IdxY;
        var column = Grid.IdxX * GpuRows.GroupColumns + Group.IdxX % GpuRows.Quads * 4;
        if (column >= rows.Width) return;
        var high = rows.Constants(constants, BatchNormConstants.High, column);
        var scale = rows.Constants(constants, BatchNormConstants.Scale, column);
        var offset = rows.Constants(constants, BatchNormConstants.Offset, column);
        var slope = rows.Constants(terms, 0, column);
        var level = rows.Constants(terms, 1, column);
        int row = tile * rows.TileRows + lane, end = rows.CompleteEnd(tile);
        for (; row < end; row += GpuRows.Lanes)
        {
            var quad = (row * rows.Width + column) >> 2;
            Float4 d = x.LoadQuad(quad) - high, g = dY.LoadQuad(quad);
            if (!TFusion.Adds) g = Slope<TFusion>(d, scale, offset, Float4.All(0f), g);
            dX.StoreQuad(quad, scale * g + (slope * d + level));
        }
        if (row >= rows.End(tile)) return;
        var at = row * rows.Width + column;
        Float4 lastD = rows.Load(x, at, high) - high, last = rows.Load(dY, at, Float4.All(0f));
        if (!TFusion.Adds) last = Slope<TFusion>(lastD, scale, offset, Float4.All(0f), last);
        rows.Store(dX, at, scale * last + (slope * lastD + level));
    }

    private static Float4 Pilot<TStorage>(TStorage x, GpuRows rows, int tile, int column) where TStorage : struct, IStorage<TStorage>
    {
        int first = tile * rows.TileRows, complete = rows.CompleteRows - first;
        if (complete <= 0) return rows.Load(x, first * rows.Width + column, Float4.All(0f));
        var n = IntrinsicMath.Min(complete, IntrinsicMath.Min(PilotRows, rows.TileRows));
        var share = 1f / n;
        Float4 sum = Float4.All(0f), scale = Float4.All(share);
        for (var row = first; row < first + n; row++) sum += x.LoadQuad((row * rows.Width + column) >> 2) * scale;
        return sum;
    }

    private static void Share(ArrayView<float> shared, int at, Float4 value)
    {
        shared[at] = value.X;
        shared[at + 1] = value.Y;
        shared[at + 2] = value.Z;
        shared[at + 3] = value.W;
    }

    // f(z)
    private static Float4 Output<TFusion>(Float4 d, Float4 scale, Float4 offset, Float4 shortcut) where TFusion : struct, IFusion
    {
        var z = d * scale + offset;
        if (TFusion.Adds) z += shortcut;
        return TFusion.Activates ? new Float4(SwishGpu.Swish(z.X), SwishGpu.Swish(z.Y), SwishGpu.Swish(z.Z), SwishGpu.Swish(z.W)) : z;
    }

    // dY·f′(z)
    private static Float4 Slope<TFusion>(Float4 d, Float4 scale, Float4 offset, Float4 shortcut, Float4 dY) where TFusion : struct, IFusion
    {
        if (!TFusion.Activates) return dY;
        var z = d * scale + offset;
        if (TFusion.Adds) z += shortcut;
        return new Float4(SwishGpu.Slope(z.X, dY.X), SwishGpu.Slope(z.Y, dY.Y), SwishGpu.Slope(z.Z, dY.Z), SwishGpu.Slope(z.W, dY.W));
    }
}
