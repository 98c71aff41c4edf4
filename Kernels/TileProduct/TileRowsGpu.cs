using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>The kernels of products whose left matrix lies, or is gathered, row by row: matrix products, convolutions and their input gradients.</summary>
/// <remarks>Sums are added in the same order whatever the tile and however slices are fetched, so results have the same bits.</remarks>
internal static class TileRowsGpu
{
    /// <summary>result = left·right (+ bias), or that of each of a batch of matrices.</summary>
    /// <param name="left">The left matrix, or what its rows are gathered from.</param>
    /// <param name="right">The right matrix.</param>
    /// <param name="bias">[plan.Columns], where the plan has one.</param>
    /// <param name="result">Where rows go.</param>
    /// <param name="partials">Statistics of the columns of a single product.</param>
    /// <param name="plan">Of each product.</param>
    public static void ProductKernel<TTile, TSlices, TEpilogue>(ArrayView<float> left, ArrayView<float> right, ArrayView<float> bias, ArrayView<float> result, ArrayView<float> partials, GatherPlan plan)
        where TTile : struct, ITile<TTile> where TSlices : struct, IRowTileSlices<TSlices> where TEpilogue : struct, IEpilogue
    {
        var tileA = SharedMemory.Allocate<Float4>(2 * TileShape.RowSlice<TTile>());
        var tileB = SharedMemory.Allocate<Float4>(2 * TileShape.ColumnSlice<TTile>());
        var tile = TilePlace.Of<TTile>(plan.Rows, plan.Columns);
        var sums = TileSums.Of<TTile, TSlices>(tileA, tileB, left, right, plan, tile, 0, plan.Depth);
        RowsEpilogue.Run<TTile, TSlices, TEpilogue>(tileA, tileB, bias, result, partials, plan, sums, tile.FirstRow, tile.FirstColumn, tile.Batch * plan.Rows);
    }
}
