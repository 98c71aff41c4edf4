using ILGPU;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>How an operand in shared memory is read by a warpgroup's products: the hardware's arithmetic of addresses, in words of C#.</summary>
internal interface ISharedOperand
{
    /// <summary>The bf16 number at a place across the sum (row or column) and along it.</summary>
    float At(TileMemory memory, int start, int across, int along);
}

internal readonly struct RowsInShared : ISharedOperand
{
    public float At(TileMemory memory, int start, int across, int along) => WarpgroupTwin.Number(memory, Place(start, across, along * 2));

    /// <summary>Where a row's byte is. Eight rows of 64 bytes are 512; bits 7 and 8 of an address change its bits 4 and 5.</summary>
    public static int Place(int start, int row, int offset)
    {
        var at = start + row * 64 + offset;
        return at ^ ((at >> 3) & 0x30);
    }
}

internal readonly struct PixelsInShared : ISharedOperand
{
    // Blocks of 64 across the sum; bits 7 to 9 of an address change its bits 4 to 6.
    public float At(TileMemory memory, int start, int across, int along)
    {
        var at = start + (across >> 6) * WarpgroupPixels.Block + along * 128 + (across & 63) * 2;
        return WarpgroupTwin.Number(memory, at ^ ((at >> 3) & 0x70));
    }
}

/// <summary>The products of <see cref="IWarpgroupInstructions"/> by plain memory and arithmetic.</summary>
internal static class WarpgroupTwin
{
    /// <summary>Sums plus the products of two slices, 32 numbers along the sum.</summary>
    public static WarpTile Plus<TOperand>(TileMemory memory, WarpTile sums, int left, int right, int columns) where TOperand : struct, ISharedOperand
    {
        int lane = Group.IdxX & 31, row = (Group.IdxX >> 5 & 3) * 16 + (lane >> 2), column = (lane & 3) * 2;
        for (var k = 0; k < 32; k++)
        {
            float upper = default(TOperand).At(memory, left, row, k), lower = default(TOperand).At(memory, left, row + 8, k);
            sums.A = Plus<TOperand>(memory, sums.A, right, column, k, upper, lower);
            sums.B = Plus<TOperand>(memory, sums.B, right, column + 32, k, upper, lower);
            if (columns == 64) continue;
            sums.C = Plus<TOperand>(memory, sums.C, right, column + 64, k, upper, lower);
            sums.D = Plus<TOperand>(memory, sums.D, right, column + 96, k, upper, lower);
        }
        return sums;
    }

    /// <summary>A strip's sums plus the products of two left fragments, eight words along the sum each, with 32 columns in shared memory.</summary>
    public static Strip PlusTf32(TileMemory memory, Strip s, Words4 low, Words4 high, int right, int column)
    {
        s = PtxTwin.MultiplyTf32(memory, s, low, Fragments(memory, right, column, 0), Fragments(memory, right, column + 16, 0));
        return PtxTwin.MultiplyTf32(memory, s, high, Fragments(memory, right, column, 8), Fragments(memory, right, column + 16, 8));
    }

    // The right fragments of two products side by side.
    private static Words4 Fragments(TileMemory memory, int right, int column, int k)
    {
        int g = (Group.IdxX & 31) >> 2, t = Group.IdxX & 3;
        return new(Word(memory, right, column + g, k + t), Word(memory, right, column + g, k + t + 4), Word(memory, right, column + 8 + g, k + t), Word(memory, right, column + 8 + g, k + t + 4));
    }

    private static int Word(TileMemory memory, int start, int across, int along) => memory.Tiles[RowsInShared.Place(start, across, 4 * along) >> 2];

    /// <summary>The bf16 number at an even byte.</summary>
    public static float Number(TileMemory memory, int at)
    {
        var word = memory.Tiles[at >> 2];
        return (at & 2) == 0 ? BFloat16.Low(word) : BFloat16.High(word);
    }

    private static Strip Plus<TOperand>(TileMemory memory, Strip s, int right, int column, int k, float upper, float lower) where TOperand : struct, ISharedOperand => new(
        Plus<TOperand>(memory, s.A, right, column, k, upper, lower), Plus<TOperand>(memory, s.B, right, column + 8, k, upper, lower),
        Plus<TOperand>(memory, s.C, right, column + 16, k, upper, lower), Plus<TOperand>(memory, s.D, right, column + 24, k, upper, lower));

    private static Sums4 Plus<TOperand>(TileMemory memory, Sums4 s, int right, int column, int k, float upper, float lower) where TOperand : struct, ISharedOperand
    {
        float first = default(TOperand).At(memory, right, column, k), second = default(TOperand).At(memory, right, column + 1, k);
        return new(s.X + upper * first, s.Y + upper * second, s.Z + lower * first, s.W + lower * second);
    }
}
