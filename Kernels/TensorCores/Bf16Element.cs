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

    public Float4 Stored(Float4 sums) => new(BFloat16.Round(sums.X), BFloat16.Round(sums.Y), BFloat16.Round(sums.Z), BFloat16.Round(sums.W));

    public void Store(ArrayView<int> result, int row, int column, int columns, Float4 left, Float4 right)
    {
        if (column < columns)
            result.Cast<Words4>()[(row * columns + column) >> 3] =
                new(BFloat16.Pair(left.X, left.Y), BFloat16.Pair(left.Z, left.W), BFloat16.Pair(right.X, right.Y), BFloat16.Pair(right.Z, right.W));
    }
}
