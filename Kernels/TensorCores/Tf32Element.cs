using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>Floats, rounded to the 10 bits of mantissa of tf32 when they are multiplied; sums and results are floats.</summary>
internal readonly struct Tf32Element : ITensorElement
{
    public int PerWord => 1;

    // Tensor cores would cut the other 13 bits off; rounding instead halves the error and centres it.
    public Words4 Prepare<TCore>(Words4 words) where TCore : struct, ITensorInstructions =>
        new(TCore.RoundTf32(words.X), TCore.RoundTf32(words.Y), TCore.RoundTf32(words.Z), TCore.RoundTf32(words.W));

    public Strip Multiply<TCore>(TileMemory memory, Strip sums, Words4 a, Words4 b, Words4 c) where TCore : struct, ITensorInstructions => TCore.MultiplyTf32(memory, sums, a, b, c);

    // Four pixels by eight channels are read at once, which are 4·2 places of 16 bytes: two neighbours stay together, and the pixels take turns.
    public int Swizzle(int pixel) => 2 * (pixel & 3);

    // ldmatrix transposes 16-bit numbers only; words are read one by one: pixel t, channel g.
    public int LeftPlace(int lane, int channel, int pitch) => Place(lane, channel, pitch);

    public int RightPlace(int lane, int channel, int pitch) => Place(lane, channel, pitch);

    // Eight channels on are two places on: an exclusive or, as places are exchanged. Four pixels on the exchange is the same.
    public Words4 Left<TCore>(TileMemory memory, int place, int strip, int pitch) where TCore : struct, ITensorInstructions
    {
        var at = place ^ (strip * 64);
        return new(TCore.LoadWord(memory, at), TCore.LoadWord(memory, at ^ 32), TCore.LoadWord(memory, at + 4 * pitch), TCore.LoadWord(memory, (at ^ 32) + 4 * pitch));
    }

    public Words4 Right<TCore>(TileMemory memory, int place, int pair, int pitch) where TCore : struct, ITensorInstructions
    {
        var at = place ^ (pair * 64);
        return new(TCore.LoadWord(memory, at), TCore.LoadWord(memory, at + 4 * pitch), TCore.LoadWord(memory, at ^ 32), TCore.LoadWord(memory, (at ^ 32) + 4 * pitch));
    }

    // Shared memory has its floats as they are, and products would cut them off: the images are rounded on their way through registers, each warp its own 16 rows. The filters have been rounded before.
    public int WarpgroupLeft(int warp, int lane) => WarpTile.LeftStart(lane, warp * 16);

    public WarpTile MultiplyRows<TCore, TTile>(TileMemory memory, WarpTile sums, int left, int right) where TCore : struct, IWarpgroupInstructions where TTile : struct, IWarpgroupTile
    {
        var low = Prepare<TCore>(TCore.LoadMatrices(memory, left));
        var high = Prepare<TCore>(TCore.LoadMatrices(memory, left ^ 32));
        return TCore.MultiplyRowsTf32<TTile>(memory, sums, low, high, right);
    }

    public void Keep<TCore>(TileMemory memory, int columns, int row, int column, Float4 left, Float4 right) where TCore : struct, ITensorInstructions
    {
        TCore.StoreWords(memory, KeptPlace(columns, row, column), Words(left));
        TCore.StoreWords(memory, KeptPlace(columns, row, column + 4), Words(right));
    }

    public Float4 Kept<TCore>(TileMemory memory, int columns, int row, int column) where TCore : struct, ITensorInstructions
    {
        var at = KeptPlace(columns, row, column);
        return new(Float<TCore>(memory, at), Float<TCore>(memory, at + 4), Float<TCore>(memory, at + 8), Float<TCore>(memory, at + 12));
    }

    public Float4 Stored(Float4 sums) => sums;

    public void Store(ArrayView<int> result, int adds, int row, int column, int columns, Float4 left, Float4 right)
    {
        var at = (row * columns + column) >> 2;
        if (column < columns) Store(result, adds, at, left);
        if (column + 4 < columns) Store(result, adds, at + 1, right);
    }

    private static void Store(ArrayView<int> result, int adds, int at, Float4 value)
    {
        if (adds != 0) value = result.Cast<Float4>()[at] + value;
        result.Cast<Float4>()[at] = value;
    }

    private static Words4 Words(Float4 floats) => new((int)Interop.FloatAsInt(floats.X), (int)Interop.FloatAsInt(floats.Y), (int)Interop.FloatAsInt(floats.Z), (int)Interop.FloatAsInt(floats.W));

    private static float Float<TCore>(TileMemory memory, int at) where TCore : struct, ITensorInstructions => Interop.IntAsFloat((uint)TCore.LoadWord(memory, at));

    // Where four results lie. Two rows are written at once, every other place of them: one exchanges its places in pairs.
    private static int KeptPlace(int columns, int row, int column) => row * columns * 4 + (((column >> 2) ^ (row & 1)) << 4);

    private int Place(int lane, int channel, int pitch)
    {
        int g = lane >> 2, t = lane & 3;
        return t * pitch + ((((channel + g) >> 2) ^ Swizzle(t)) << 4) + (g & 3) * 4;
    }
}
