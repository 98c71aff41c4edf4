namespace LpcEngine.Kernels.Simd;

/// <summary>The extent of a micro-kernel's tile.</summary>
internal static class Tile
{
    /// <summary>Rows (pixels) in a tile, for every vector width.</summary>
    public const int Rows = 8;

    /// <summary>How many vectors wide the panels for a number of columns are: two, unless one already holds them all.</summary>
    /// <param name="columns">Columns (output channels).</param>
    /// <param name="lanes">Floats in a vector.</param>
    /// <returns>1 or 2.</returns>
    public static int Vectors(int columns, int lanes) => columns <= lanes ? 1 : 2;
}
