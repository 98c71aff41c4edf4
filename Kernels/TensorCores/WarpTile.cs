namespace LpcEngine.Kernels;

/// <summary>The 64×32 results that one warp computes, four strips of 16 below each other, and how it reads and multiplies slices of rows.</summary>
/// <remarks>
/// Along k a product takes 8 words. A left fragment is 16 rows of 8 words, four matrices of <c>ldmatrix</c>, which four fragments of 8 columns share; each right fragment serves four
/// strips: 6 loads for 16 products.
/// Columns are dealt so that a thread's results of a row are neighbours: where the products have their columns 2t and 2t + 1, the warp's are 8t + 2j and 8t + 2j + 1 for product j. It costs
/// nothing, since every lane says itself which row of shared memory it loads, and results leave in 16 bytes.
/// </remarks>
internal struct WarpTile
{
    public Strip A, B, C, D;

    // A row of a slice: 16 words in four places of 16 bytes.
    private const int Pitch = RowSlices.Pitch;

    /// <summary>Where a row's place of 16 bytes lies in the left operand's slice. Eight neighbouring rows are read at once: of each two, one place, so pairs of rows take turns.</summary>
    public static int LeftPlace(int row, int place) => row * Pitch + ((place ^ ((row >> 1) & 3)) << 4);

    /// <summary>The same for the right operand, of which rows 0, 1, 8, 9, 16, 17, 24, 25 are read at once.</summary>
    public static int RightPlace(int row, int place) => row * Pitch + ((place ^ ((row >> 3) & 3)) << 4);

    /// <summary>Where a lane reads its row of the left fragments. Matrices: rows 0–7 and 8–15 of words 0–3, then of words 4–7.</summary>
    /// <param name="lane">0 to 31.</param>
    /// <param name="firstRow">The warp's first row in the slice, a multiple of 16.</param>
    public static int LeftStart(int lane, int firstRow) => LeftPlace(firstRow + (lane & 15), lane >> 4);

    /// <summary>Where a lane reads its row of the right fragments. Matrices: words 0–3 and 4–7 of product 0, then of product 1.</summary>
    /// <param name="lane">0 to 31.</param>
    /// <param name="firstColumn">The warp's first column in the slice, a multiple of 32.</param>
    public static int RightStart(int lane, int firstColumn)
    {
        int g = lane & 7, product = lane >> 4;
        return RightPlace(firstColumn + 8 * (g >> 1) + 2 * product + (g & 1), (lane >> 3) & 1);
    }

    /// <summary>The sums plus the product of two slices of 16 words, of which the right one's are what products take already.</summary>
    /// <param name="tile">The sums.</param>
    /// <param name="memory">The tiles.</param>
    /// <param name="left">Where the slice starts, plus <see cref="LeftStart"/>.</param>
    /// <param name="right">Where the slice starts, plus <see cref="RightStart"/>.</param>
    public static WarpTile PlusProduct<TCore, TElement>(WarpTile tile, TileMemory memory, int left, int right)
        where TCore : struct, ITensorInstructions where TElement : struct, ITensorElement
    {
        // Both halves are written out. The upper 8 words are the places 2 and 3; as places are exchanged in pairs of bits, an exclusive or leads there.
        tile = PlusHalf<TCore, TElement>(tile, memory, left, right);
        return PlusHalf<TCore, TElement>(tile, memory, left ^ 32, right ^ 32);
    }

    private static WarpTile PlusHalf<TCore, TElement>(WarpTile tile, TileMemory memory, int l, int r) where TCore : struct, ITensorInstructions where TElement : struct, ITensorElement
    {
        // 16 rows further, or 4 columns, the exchange is the same.
        var b = TCore.LoadMatrices(memory, r);
        var c = TCore.LoadMatrices(memory, r + 4 * Pitch);
        tile.A = default(TElement).Multiply<TCore>(memory, tile.A, default(TElement).Prepare<TCore>(TCore.LoadMatrices(memory, l)), b, c);
        tile.B = default(TElement).Multiply<TCore>(memory, tile.B, default(TElement).Prepare<TCore>(TCore.LoadMatrices(memory, l + 16 * Pitch)), b, c);
        tile.C = default(TElement).Multiply<TCore>(memory, tile.C, default(TElement).Prepare<TCore>(TCore.LoadMatrices(memory, l + 32 * Pitch)), b, c);
        tile.D = default(TElement).Multiply<TCore>(memory, tile.D, default(TElement).Prepare<TCore>(TCore.LoadMatrices(memory, l + 48 * Pitch)), b, c);
        return tile;
    }

    /// <summary>The same for slices of pixels, whose fragments are transposed.</summary>
    /// <param name="tile">The sums.</param>
    /// <param name="memory">The tiles.</param>
    /// <param name="left">Where the slice starts, plus <see cref="ITensorElement.LeftPlace"/>.</param>
    /// <param name="right">Where the slice starts, plus <see cref="ITensorElement.RightPlace"/>.</param>
    /// <param name="leftPitch">Bytes from one pixel to the next on the left.</param>
    /// <param name="rightPitch">Bytes from one pixel to the next on the right.</param>
    public static WarpTile PlusTransposedProduct<TCore, TElement>(WarpTile tile, TileMemory memory, int left, int right, int leftPitch, int rightPitch)
        where TCore : struct, ITensorInstructions where TElement : struct, ITensorElement
    {
        var pixels = 8 * default(TElement).PerWord;
        tile = PlusTransposedHalf<TCore, TElement>(tile, memory, left, right, leftPitch, rightPitch);
        return PlusTransposedHalf<TCore, TElement>(tile, memory, left + pixels * leftPitch, right + pixels * rightPitch, leftPitch, rightPitch);
    }

    private static WarpTile PlusTransposedHalf<TCore, TElement>(WarpTile tile, TileMemory memory, int l, int r, int leftPitch, int rightPitch)
        where TCore : struct, ITensorInstructions where TElement : struct, ITensorElement
    {
        var b = default(TElement).Prepare<TCore>(default(TElement).Right<TCore>(memory, r, 0, rightPitch));
        var c = default(TElement).Prepare<TCore>(default(TElement).Right<TCore>(memory, r, 1, rightPitch));
        tile.A = default(TElement).Multiply<TCore>(memory, tile.A, default(TElement).Prepare<TCore>(default(TElement).Left<TCore>(memory, l, 0, leftPitch)), b, c);
        tile.B = default(TElement).Multiply<TCore>(memory, tile.B, default(TElement).Prepare<TCore>(default(TElement).Left<TCore>(memory, l, 1, leftPitch)), b, c);
        tile.C = default(TElement).Multiply<TCore>(memory, tile.C, default(TElement).Prepare<TCore>(default(TElement).Left<TCore>(memory, l, 2, leftPitch)), b, c);
        tile.D = default(TElement).Multiply<TCore>(memory, tile.D, default(TElement).Prepare<TCore>(default(TElement).Left<TCore>(memory, l, 3, leftPitch)), b, c);
        return tile;
    }
}

/// <summary>Slices of rows as <see cref="WarpTile"/> reads them.</summary>
internal readonly struct WarpPlaces : IRowPlaces
{
    public int Left(int row, int place) => WarpTile.LeftPlace(row, place);

    public int Right(int column, int place) => WarpTile.RightPlace(column, place);
}
