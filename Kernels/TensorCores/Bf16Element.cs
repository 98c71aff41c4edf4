using ILGPU;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>bf16 numbers, two in a word; sums are floats, and results are rounded when they are stored.</summary>
internal readonly struct Bf16Element : ITensorElement
{
    public int PerWord => 2;

    public Words4 Prepare<TCore>(Words4 words) where TCore : struct, ITensorInstructions => words;

    public Strip Multiply<TCore>(TileMemory memory, Strip sums, Words4 a, Words4 b, Words4 c) where TCore : struct, ITensorInstructions => TCore.MultiplyBf16(memory, sums, a, b, c);

    // Eight pixels' places of 16 bytes are read at once.
    public int Swizzle(int pixel) => pixel & 7;

    // Matrices: channels 0–7 and 8–15 of pixels 0–7, then of pixels 8–15.
    public int LeftPlace(int lane, int channel, int pitch)
    {
        var pixel = (lane >> 4) * 8 + (lane & 7);
        return pixel * pitch + (((channel >> 3) + ((lane >> 3) & 1) ^ Swizzle(pixel)) << 4);
    }

    // Matrices: pixels 0–7 and 8–15 of channels 0–7, then of channels 8–15.
    public int RightPlace(int lane, int channel, int pitch)
    {
        var pixel = ((lane >> 3) & 1) * 8 + (lane & 7);
        return pixel * pitch + (((channel >> 3) + (lane >> 4) ^ Swizzle(pixel)) << 4);
    }

    // Sixteen channels on are two places on.
    public Words4 Left<TCore>(TileMemory memory, int place, int strip, int pitch) where TCore : struct, ITensorInstructions => TCore.LoadTransposed(memory, place ^ (strip * 32));

    public Words4 Right<TCore>(TileMemory memory, int place, int pair, int pitch) where TCore : struct, ITensorInstructions => TCore.LoadTransposed(memory, place ^ (pair * 32));

    // Its products read both operands from shared memory: a warpgroup's 64 rows.
    public int WarpgroupLeft(int warp, int lane) => (warp >> 2) * 64 * RowSlices.Pitch;

    public WarpTile MultiplyRows<TCore, TTile>(TileMemory memory, WarpTile sums, int left, int right) where TCore : struct, IWarpgroupInstructions where TTile : struct, IWarpgroupTile =>
        TCore.MultiplyRows<TTile>(memory, sums, left, right);

    public void Keep<TCore>(TileMemory memory, int columns, int row, int column, Float4 left, Float4 right) where TCore : struct, ITensorInstructions =>
        TCore.StoreWords(memory, Place(columns, row, column), Words(left, right));

    public Float4 Kept<TCore>(TileMemory memory, int columns, int row, int column) where TCore : struct, ITensorInstructions
    {
        var at = Place(columns, row, column) + (column & 4) * 2;
        int first = TCore.LoadWord(memory, at), second = TCore.LoadWord(memory, at + 4);
        return new(BFloat16.Low(first), BFloat16.High(first), BFloat16.Low(second), BFloat16.High(second));
    }

    public Float4 Stored(Float4 sums) => new(BFloat16.Round(sums.X), BFloat16.Round(sums.Y), BFloat16.Round(sums.Z), BFloat16.Round(sums.W));

    public void Store(ArrayView<int> result, int adds, int row, int column, int columns, Float4 left, Float4 right)
    {
        if (column >= columns) return;
        var at = (row * columns + column) >> 3;
        if (adds != 0)
        {
            var before = result.Cast<Words4>()[at];
            left = new Float4(BFloat16.Low(before.X), BFloat16.High(before.X), BFloat16.Low(before.Y), BFloat16.High(before.Y)) + left;
            right = new Float4(BFloat16.Low(before.Z), BFloat16.High(before.Z), BFloat16.Low(before.W), BFloat16.High(before.W)) + right;
        }
        result.Cast<Words4>()[at] = Words(left, right);
    }

    private static Words4 Words(Float4 left, Float4 right) => new(BFloat16.Pair(left.X, left.Y), BFloat16.Pair(left.Z, left.W), BFloat16.Pair(right.X, right.Y), BFloat16.Pair(right.Z, right.W));

    // Where eight results lie. Eight rows are written at once, and would meet in the same banks: each exchanges its places of 16 bytes another way.
    private static int Place(int columns, int row, int column) => row * columns * 2 + (((column >> 3) ^ (row & 7)) << 4);
}
