using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>Whether a kernel also writes the statistics of its result's columns (<see cref="ChannelStatistics"/>); as a type, so that there is a kernel for each.</summary>
internal interface IMeasuring
{
    bool Measures { get; }
}

internal readonly struct Unmeasured : IMeasuring
{
    public bool Measures => false;
}

internal readonly struct WithStatistics : IMeasuring
{
    public bool Measures => true;
}

/// <summary>Shared memory as floats: a view, or on tensor cores the tiles under their own name.</summary>
internal interface ISharedFloats
{
    float Load(int at);

    void Store(int at, float value);
}

internal readonly struct ViewFloats(ArrayView<float> view) : ISharedFloats
{
    private readonly ArrayView<float> view = view;

    public float Load(int at) => view[at];

    public void Store(int at, float value) => view[at] = value;
}

/// <summary>Sums of a thread's rows in four neighbouring columns: of what lies above a shift, and of its squares.</summary>
internal struct ColumnTally(Float4 sum, Float4 squares)
{
    public Float4 Sum = sum, Squares = squares;

    public readonly ColumnTally Plus(bool inside, Float4 value, Float4 shift)
    {
        if (!inside) return this;
        var d = value - shift;
        return new(Sum + d, Squares + d * d);
    }
}

/// <summary>How the threads of a group bring their sums together to the statistics of the tile's columns, once the slices of the operands are no longer needed.</summary>
/// <remarks>
/// First a value near all of a column's is agreed on, the mean of eight of its rows, so that nothing cancels; then each thread sums what its values lie above it; then one thread for each column adds these sums up, in the
/// order of the rows. Rows beyond the last one don't count.
/// </remarks>
/// <typeparam name="TShared">Shared memory.</typeparam>
internal readonly struct TileStatistics<TShared>(TShared shifts, TShared sums, TShared squares, int columns) where TShared : struct, ISharedFloats
{
    private readonly TShared shifts = shifts, sums = sums, squares = squares;
    private readonly int columns = columns;

    /// <summary>Agrees on the shifts of four columns; by the thread that has the tile's first row in them, of which <paramref name="first"/> is the value.</summary>
    /// <param name="column">In the tile.</param>
    /// <param name="first">The first row.</param>
    /// <param name="tally">Of the thread's rows above the first.</param>
    /// <param name="values">How many rows that were.</param>
    public void StoreShift(int column, Float4 first, ColumnTally tally, int values)
    {
        var share = 1f / values;
        Store(shifts, column, first + tally.Sum * Float4.All(share));
    }

    public Float4 Shift(int column) => new(shifts.Load(column), shifts.Load(column + 1), shifts.Load(column + 2), shifts.Load(column + 3));

    /// <summary>Shares a thread's sums.</summary>
    /// <param name="down">The thread's place among those that share its columns.</param>
    /// <param name="column">In the tile.</param>
    /// <param name="tally">Above the shift.</param>
    public void Share(int down, int column, ColumnTally tally)
    {
        Store(sums, down * columns + column, tally.Sum);
        Store(squares, down * columns + column, tally.Squares);
    }

    /// <summary>Writes the statistics, as <see cref="BatchNormGpuKernels.Statistics"/> does.</summary>
    /// <param name="partials">[3, tiles, all columns].</param>
    /// <param name="allRows">Rows of all tiles.</param>
    /// <param name="allColumns">Columns of all tiles.</param>
    /// <param name="rows">Rows of a tile.</param>
    /// <param name="tile">Among those one below the other.</param>
    /// <param name="firstColumn">The tile's first column.</param>
    /// <param name="threadsDown">How many threads share a column, a multiple of four.</param>
    public void Write(ArrayView<float> partials, int allRows, int allColumns, int rows, int tile, int firstColumn, int threadsDown)
    {
        var column = Group.IdxX;
        if (column >= columns || firstColumn + column >= allColumns) return;
        float s = 0f, q = 0f;
        // Four at a time: fewer roundings on the way of each, and reads that don't wait for one another.
        for (var at = column; at < threadsDown * columns; at += 4 * columns)
        {
            s += (sums.Load(at) + sums.Load(at + columns)) + (sums.Load(at + 2 * columns) + sums.Load(at + 3 * columns));
            q += (squares.Load(at) + squares.Load(at + columns)) + (squares.Load(at + 2 * columns) + squares.Load(at + 3 * columns));
        }
        var mean = s / IntrinsicMath.Min(rows, allRows - tile * rows);
        var plane = (allRows + rows - 1) / rows * allColumns;
        var to = tile * allColumns + firstColumn + column;
        partials[to] = shifts.Load(column);
        partials[plane + to] = mean;
        partials[2 * plane + to] = q - s * mean;
    }

    private static void Store(TShared shared, int at, Float4 value)
    {
        shared.Store(at, value.X);
        shared.Store(at + 1, value.Y);
        shared.Store(at + 2, value.Z);
        shared.Store(at + 3, value.W);
    }
}
