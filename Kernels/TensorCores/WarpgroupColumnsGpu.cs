using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>The kernel of a sum over pixels of bf16 on Hopper's tensor cores: what <see cref="TensorColumnsGpu"/> does, by products that read shared memory themselves, and across its rows.</summary>
internal static class WarpgroupColumnsGpu
{
    public static void Kernel<TCore, TTile>(WordArray source, WordArray matrix, ArrayView<float> result, GatherPlan plan, int splitLength)
        where TCore : struct, IWarpgroupInstructions where TTile : struct, IWarpgroupTile
    {
        var memory = TCore.Allocate<TTile>();
        TCore.BeginSums<TTile>();
        int lane = Group.IdxX & 31, warp = Group.IdxX >> 5;

        var corner = TileCorner.Of<TTile>(plan);
        int firstRow = corner.Row, firstColumn = corner.Column;
        var begin = Grid.IdxY * splitLength;
        var end = begin + splitLength;
        if (end > plan.Rows) end = plan.Rows;

        var slices = PixelSlices<Bf16Element, WarpgroupPixels>.Begin<TCore, TTile>(memory, source, matrix, plan, firstRow, firstColumn, begin, end);
        // A warpgroup's 64 channels are one block.
        int left = (warp >> 2) * WarpgroupPixels.Block, right = PixelSlices.LeftBytes<TTile>();
        var sums = default(WarpTile);
        while (slices.Left > 0)
        {
            // As in WarpgroupRowsGpu.
            TCore.Wait<TTile>();
            TCore.WaitForProducts();
            TCore.ShowCopies();
            Group.Barrier();
            sums = TCore.MultiplyPixels<TTile>(memory, sums, slices.Stage + left, slices.Stage + right);
            slices = slices.Next<TCore, TTile>(memory, source, matrix, plan);
        }
        TCore.WaitForProducts();
        sums = TCore.Sums<TTile>(sums);

        int rows = plan.Depth * default(Bf16Element).PerWord, row = firstRow + warp * 16 + (lane >> 2), column = firstColumn + (lane & 3) * 2;
        TensorColumnsGpu.Write(result, rows, plan.Columns, row, column, sums.A);
        TensorColumnsGpu.Write(result, rows, plan.Columns, row, column + 32, sums.B);
        if (default(TTile).Columns == 64) return;
        TensorColumnsGpu.Write(result, rows, plan.Columns, row, column + 64, sums.C);
        TensorColumnsGpu.Write(result, rows, plan.Columns, row, column + 96, sums.D);
    }
}
