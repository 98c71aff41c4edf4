using ILGPU;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>What <see cref="Ptx"/> does, by means that every device has: lanes see each other's registers through shared memory.</summary>
/// <remarks>
/// Slow, and meant so: it proves the tiles where there are no tensor cores. Copies happen at once, so a missing wait shows only in the text for CUDA, which is tested for that.
/// Products are added one after the other in single precision; tensor cores add in an order and with a rounding of their own, so only sums that are exact are the same to the bit.
/// </remarks>
internal readonly struct PtxTwin : IWarpgroupInstructions
{
    /// <summary>Words of a thread that others see: three fragments.</summary>
    public const int ExchangeWords = 12;

    public static TileMemory Allocate<TTile>() where TTile : struct, IStagedTile =>
        new(SharedMemory.Allocate<int>(default(TTile).SharedBytes / 4), SharedMemory.Allocate<int>(default(TTile).Threads * ExchangeWords));

    public static void CopyAsync(TileMemory memory, int to, WordArray source, int from, bool inside) =>
        memory.Tiles.Cast<Words4>()[to >> 4] = inside ? source.View.Cast<Words4>()[from >> 2] : default;

    public static void Commit() { }

    public static void Wait<TTile>() where TTile : struct, IStagedTile { }

    public static Words4 LoadMatrices(TileMemory memory, int row)
    {
        var thread = Group.IdxX;
        memory.Exchange[thread] = row >> 2;
        Group.Barrier(); // all rows must be known before they are looked up
        int warp = thread & ~31, g = (thread & 31) >> 2, t = thread & 3;
        var result = new Words4(
            memory.Tiles[memory.Exchange[warp + g] + t], memory.Tiles[memory.Exchange[warp + 8 + g] + t],
            memory.Tiles[memory.Exchange[warp + 16 + g] + t], memory.Tiles[memory.Exchange[warp + 24 + g] + t]);
        Group.Barrier(); // and have been looked up before others take their place
        return result;
    }

    public static Words4 LoadTransposed(TileMemory memory, int row)
    {
        var thread = Group.IdxX;
        memory.Exchange[thread] = row >> 2;
        Group.Barrier(); // as above
        int warp = thread & ~31, g = (thread & 31) >> 2, t = thread & 3;
        var result = new Words4(Column(memory, warp + 2 * t, g), Column(memory, warp + 8 + 2 * t, g), Column(memory, warp + 16 + 2 * t, g), Column(memory, warp + 24 + 2 * t, g));
        Group.Barrier(); // as above
        return result;
    }

    public static int LoadWord(TileMemory memory, int at) => memory.Tiles[at >> 2];

    public static void StoreWord(TileMemory memory, int at, int word) => memory.Tiles[at >> 2] = word;

    public static void StoreWords(TileMemory memory, int at, Words4 words) => memory.Tiles.Cast<Words4>()[at >> 4] = words;

    public static int RoundTf32(int word) => Tf32.Round(word);

    public static Strip MultiplyTf32(TileMemory memory, Strip sums, Words4 a, Words4 b, Words4 c)
    {
        Show(memory, a, b, c);
        for (var k = 0; k < 4; k++) sums = Add<Tf32Word>(memory, sums, k);
        Group.Barrier(); // everybody has seen the fragments before the next ones take their place
        return sums;
    }

    public static Strip MultiplyBf16(TileMemory memory, Strip sums, Words4 a, Words4 b, Words4 c)
    {
        Show(memory, a, b, c);
        for (var k = 0; k < 4; k++) sums = Add<Bf16Word>(memory, sums, k);
        Group.Barrier(); // as above
        return sums;
    }

    public static void BeginSums<TTile>() where TTile : struct, IWarpgroupTile { }

    public static void ShowCopies() { }

    public static WarpTile MultiplyRows<TTile>(TileMemory memory, WarpTile sums, int left, int right) where TTile : struct, IWarpgroupTile =>
        WarpgroupTwin.Plus<RowsInShared>(memory, sums, left, right, default(TTile).Columns);

    public static WarpTile MultiplyPixels<TTile>(TileMemory memory, WarpTile sums, int left, int right) where TTile : struct, IWarpgroupTile =>
        WarpgroupTwin.Plus<PixelsInShared>(memory, sums, left, right, default(TTile).Columns);

    public static WarpTile MultiplyRowsTf32<TTile>(TileMemory memory, WarpTile sums, Words4 low, Words4 high, int right) where TTile : struct, IWarpgroupTile
    {
        sums.A = WarpgroupTwin.PlusTf32(memory, sums.A, low, high, right, 0);
        sums.B = WarpgroupTwin.PlusTf32(memory, sums.B, low, high, right, 32);
        if (default(TTile).Columns == 64) return sums;
        sums.C = WarpgroupTwin.PlusTf32(memory, sums.C, low, high, right, 64);
        sums.D = WarpgroupTwin.PlusTf32(memory, sums.D, low, high, right, 96);
        return sums;
    }

    public static void WaitForProducts() { }

    public static WarpTile Sums<TTile>(WarpTile sums) where TTile : struct, IWarpgroupTile => sums;

    // Two numbers of 16 bits below each other, as one word.
    private static int Column(TileMemory memory, int lane, int column)
    {
        int word = column >> 1, shift = (column & 1) * 16;
        var upper = (memory.Tiles[memory.Exchange[lane] + word] >> shift) & 0xFFFF;
        var lower = (memory.Tiles[memory.Exchange[lane + 1] + word] >> shift) & 0xFFFF;
        return upper | (lower << 16);
    }

    private static void Show(TileMemory memory, Words4 a, Words4 b, Words4 c)
    {
        var exchange = memory.Exchange.Cast<Words4>();
        var at = Group.IdxX * (ExchangeWords / 4);
        exchange[at] = a;
        exchange[at + 1] = b;
        exchange[at + 2] = c;
        Group.Barrier(); // all fragments must be there before they are multiplied
    }

    // The words at k and k + 4 of the two rows and of the eight columns that the calling thread has sums of.
    private static Strip Add<TWord>(TileMemory memory, Strip sums, int k) where TWord : struct, IWord
    {
        var exchange = memory.Exchange.Cast<Words4>();
        int thread = Group.IdxX, warp = thread & ~31, g = (thread & 31) >> 2, t = thread & 3;
        var a = exchange[(warp + 4 * g + k) * 3];
        int first = (warp + 8 * t + k) * 3, second = first + 12;
        Words4 b = exchange[first + 1], c = exchange[first + 2], b2 = exchange[second + 1], c2 = exchange[second + 2];
        sums.A = Add<TWord>(sums.A, a, b.X, b.Y, b2.X, b2.Y);
        sums.B = Add<TWord>(sums.B, a, b.Z, b.W, b2.Z, b2.W);
        sums.C = Add<TWord>(sums.C, a, c.X, c.Y, c2.X, c2.Y);
        sums.D = Add<TWord>(sums.D, a, c.Z, c.W, c2.Z, c2.W);
        return sums;
    }

    private static Sums4 Add<TWord>(Sums4 s, Words4 a, int left, int leftAfter, int right, int rightAfter) where TWord : struct, IWord => new(
        default(TWord).Add(default(TWord).Add(s.X, a.X, left), a.Z, leftAfter), default(TWord).Add(default(TWord).Add(s.Y, a.X, right), a.Z, rightAfter),
        default(TWord).Add(default(TWord).Add(s.Z, a.Y, left), a.W, leftAfter), default(TWord).Add(default(TWord).Add(s.W, a.Y, right), a.W, rightAfter));

    private interface IWord
    {
        float Add(float sum, int a, int b);
    }

    private struct Tf32Word : IWord
    {
        public readonly float Add(float sum, int a, int b) => sum + Interop.IntAsFloat((uint)a) * Interop.IntAsFloat((uint)b);
    }

    private struct Bf16Word : IWord
    {
        public readonly float Add(float sum, int a, int b) => sum + BFloat16.Low(a) * BFloat16.Low(b) + BFloat16.High(a) * BFloat16.High(b);
    }
}
