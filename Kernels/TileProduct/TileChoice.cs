using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Which tile a product is made with: a matter of its shape alone, so that every GPU chooses the same.</summary>
internal enum TileKind
{
    /// <summary><see cref="Kernels.Tile2x4"/>.</summary>
    Tile2x4,

    /// <summary><see cref="Kernels.Tile4x4"/>.</summary>
    Tile4x4,

    /// <summary><see cref="Kernels.Tile8x4"/>.</summary>
    Tile8x4,

    /// <summary><see cref="Kernels.Tile8x8Narrow"/>.</summary>
    Tile8x8Narrow,

    /// <summary><see cref="Kernels.Tile8x8"/>.</summary>
    Tile8x8,
}

/// <summary>Chooses tiles.</summary>
internal static class TileChoice
{
    // Groups of 256 threads with which nearly all of a large GPU's processors have work: with fewer, smaller pieces in twice as many threads are better.
    private const int EnoughGroups = 120;

    // A large GPU's.
    private const int Processors = 132;

    // A thread's 64 sums must be worth their registers: at least eight slices each.
    private const int LongSum = 64;

    /// <summary>The tile of a product of rows.</summary>
    /// <param name="plan">The product.</param>
    /// <param name="batch">How many there are of it.</param>
    public static TileKind OfRows(in GatherPlan plan, int batch)
    {
        if (IsNarrow(plan, batch)) return Narrow(plan);
        if (plan.Depth < LongSum || !plan.IsAligned) return TileKind.Tile8x4;
        int wide = batch * Groups(plan, 128), narrow = batch * Groups(plan, 64);
        if (FillsWideTiles(plan) && wide >= EnoughGroups && IsEven(wide, narrow)) return TileKind.Tile8x8;
        return narrow >= 2 * EnoughGroups ? TileKind.Tile8x8Narrow : TileKind.Tile8x4;
    }

    /// <summary>The tile of a product of columns, whose sums are cut until there are groups enough.</summary>
    /// <param name="plan">The product.</param>
    /// <param name="batch">How many there are of it.</param>
    public static TileKind OfColumns(in GatherPlan plan, int batch)
    {
        if (IsNarrow(plan, batch)) return Narrow(plan);
        if (plan.Rows < LongSum || !plan.IsAligned) return TileKind.Tile8x4;
        return FillsWideTiles(plan) ? TileKind.Tile8x8 : TileKind.Tile8x8Narrow;
    }

    // Batches are of matrices as they lie, for which narrow tiles have no kernels.
    private static bool IsNarrow(in GatherPlan plan, int batch) => plan.Columns <= 32 && batch == 1;

    private static TileKind Narrow(in GatherPlan plan) => plan.Columns <= 16 ? TileKind.Tile2x4 : TileKind.Tile4x4;

    // Whether the processor with the most work has no more of it, but for a tenth, than with tiles half as large: 144 large tiles on 132 processors give some of them two, 288 small ones three halves.
    private static bool IsEven(int wide, int narrow) => 20 * Tiling.Count(wide, Processors) <= 11 * Tiling.Count(narrow, Processors);

    // Whether tiles of 128 columns multiply no more columns that aren't there than tiles of 64 would.
    private static bool FillsWideTiles(in GatherPlan plan) => 2 * Tiling.Count(plan.Columns, 128) == Tiling.Count(plan.Columns, 64);

    private static int Groups(in GatherPlan plan, int columns) => Tiling.Count(plan.Rows, TileShape.Rows) * Tiling.Count(plan.Columns, columns);
}
