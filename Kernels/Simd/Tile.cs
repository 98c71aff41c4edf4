namespace LpcEngine.Kernels.Simd;

/// <summary>The extent of a micro-kernel's tile.</summary>
internal static class Tile
{
    /// <summary>Rows (pixels) in a tile, for every vector width.</summary>
    public const int Rows = 8;
}
