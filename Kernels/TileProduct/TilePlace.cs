using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>Which tile of which result is the group's.</summary>
internal readonly struct TilePlace(int batch, int batches, int firstRow, int firstColumn)
{
    /// <summary>The result among those of a batch.</summary>
    public readonly int Batch = batch;

    /// <summary>Results of the batch.</summary>
    public readonly int Batches = batches;

    /// <summary>The tile's first row.</summary>
    public readonly int FirstRow = firstRow;

    /// <summary>The tile's first column.</summary>
    public readonly int FirstColumn = firstColumn;

    /// <summary>The place of a group, by its number along x. Tiles one below the other are neighbours: they share the right matrix's columns.</summary>
    /// <param name="rows">Rows of each result.</param>
    /// <param name="columns">Columns of each result.</param>
    public static TilePlace Of<TTile>(int rows, int columns) where TTile : struct, ITile<TTile>
    {
        var tilesDown = (rows + TileShape.Rows - 1) / TileShape.Rows;
        var tiles = tilesDown * ((columns + default(TTile).Columns - 1) / default(TTile).Columns);
        var batch = Grid.IdxX / tiles;
        var tile = Grid.IdxX - batch * tiles;
        var tileAcross = tile / tilesDown;
        return new(batch, Grid.DimX / tiles, (tile - tileAcross * tilesDown) * TileShape.Rows, tileAcross * default(TTile).Columns);
    }
}
