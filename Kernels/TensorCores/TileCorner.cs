using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>The first row and column of the results that a group computes.</summary>
/// <remarks>Tiles side by side are neighbours: they read the same images, which are many, while the matrix is small.</remarks>
internal readonly struct TileCorner(int row, int column)
{
    public int Row { get; } = row;

    public int Column { get; } = column;

    public static TileCorner Of<TTile>(GatherPlan plan) where TTile : struct, IStagedTile
    {
        var across = (plan.Columns + default(TTile).Columns - 1) / default(TTile).Columns;
        var down = Grid.IdxX / across;
        return new(down * default(TTile).Rows, (Grid.IdxX - down * across) * default(TTile).Columns);
    }
}
