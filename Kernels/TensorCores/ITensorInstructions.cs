using ILGPU;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>The instructions of a tensor-core GPU for which C# has no words, so that tiles can be written without saying whether there are such instructions.</summary>
/// <remarks>
/// <see cref="Ptx"/> is them; <see cref="PtxTwin"/> does the same by plain memory and arithmetic, on any device. A kernel is generic over the two, so the tile code with its fragment
/// layouts, swizzles and pipeline is one text, and what a test on OpenCL finds true of it holds on CUDA up to the instructions themselves.
/// A warp is 32 neighbouring threads of a group, lane = thread mod 32. All threads of a group must come to each call of <see cref="LoadMatrices"/> and of the products.
/// Shared memory is addressed in bytes from the start of the tiles.
/// </remarks>
internal interface ITensorInstructions
{
    /// <summary>The group's shared memory for tiles. To be called once in a kernel, first.</summary>
    /// <typeparam name="TTile">Says how much: its stages.</typeparam>
    static abstract TileMemory Allocate<TTile>() where TTile : struct, IStagedTile;

    /// <summary>Starts copying 16 bytes from global to shared memory, past the registers (<c>cp.async</c>).</summary>
    /// <param name="memory">The tiles.</param>
    /// <param name="to">Byte in shared memory, a multiple of 16.</param>
    /// <param name="source">Words in global memory.</param>
    /// <param name="from">Index of the first word, a multiple of 4; of no account if nothing is copied.</param>
    /// <param name="inside">Whether there is something to copy; else the 16 bytes become zero.</param>
    static abstract void CopyAsync(TileMemory memory, int to, WordArray source, int from, bool inside);

    /// <summary>Closes a group of copies.</summary>
    static abstract void Commit();

    /// <summary>Waits until all groups of the calling thread's copies have arrived, but for the latest ones that may be under way.</summary>
    /// <typeparam name="TTile">Says how many: two fewer than its stages.</typeparam>
    static abstract void Wait<TTile>() where TTile : struct, IStagedTile;

    /// <summary>Reads four matrices of 8 rows of 16 bytes (<c>ldmatrix.x4</c>).</summary>
    /// <param name="memory">The tiles.</param>
    /// <param name="row">Where in shared memory the calling lane's row starts: row lane mod 8 of matrix lane/8.</param>
    /// <returns>Word t of row g of each of the four, where lane = 4·g + t.</returns>
    static abstract Words4 LoadMatrices(TileMemory memory, int row);

    /// <summary>Reads four matrices of 8 rows of 8 numbers of 16 bits and transposes each (<c>ldmatrix.x4.trans</c>).</summary>
    /// <param name="memory">The tiles.</param>
    /// <param name="row">Where in shared memory the calling lane's row starts: row lane mod 8 of matrix lane/8.</param>
    /// <returns>Numbers 2t and 2t + 1 of column g of each of the four, as one word, where lane = 4·g + t.</returns>
    static abstract Words4 LoadTransposed(TileMemory memory, int row);

    /// <summary>Reads a word of shared memory.</summary>
    /// <param name="memory">The tiles.</param>
    /// <param name="at">Byte in shared memory, a multiple of 4.</param>
    static abstract int LoadWord(TileMemory memory, int at);

    /// <summary>Writes a word of shared memory.</summary>
    /// <param name="memory">The tiles.</param>
    /// <param name="at">Byte in shared memory, a multiple of 4.</param>
    /// <param name="word">The word.</param>
    static abstract void StoreWord(TileMemory memory, int at, int word);

    /// <summary>Writes 16 bytes of shared memory.</summary>
    /// <param name="memory">The tiles.</param>
    /// <param name="at">Byte in shared memory, a multiple of 16.</param>
    /// <param name="words">The four words.</param>
    static abstract void StoreWords(TileMemory memory, int at, Words4 words);

    /// <summary>Rounds a float to the 10 bits of mantissa that tf32 has, to nearest, ties away from zero (<c>cvt.rna.tf32</c>). NaN stays NaN, infinities stay.</summary>
    static abstract int RoundTf32(int word);

    /// <summary>Four products of 16×8 with 8×8 numbers of tf32, side by side (<c>mma.m16n8k8</c>), added to sums.</summary>
    /// <param name="memory">The tiles.</param>
    /// <param name="sums">The sums so far.</param>
    /// <param name="a">Left: words (row, k) = (g, t), (g + 8, t), (g, t + 4), (g + 8, t + 4), where lane = 4·g + t.</param>
    /// <param name="b">Right, of the first two products: words (k, column) = (t, g), (t + 4, g) of each.</param>
    /// <param name="c">Right, of the other two.</param>
    /// <returns>The new sums.</returns>
    static abstract Strip MultiplyTf32(TileMemory memory, Strip sums, Words4 a, Words4 b, Words4 c);

    /// <summary>Four products of 16×16 with 16×8 numbers of bf16, side by side (<c>mma.m16n8k16</c>), added to sums: as <see cref="MultiplyTf32"/>, with two neighbours along k in a word.</summary>
    static abstract Strip MultiplyBf16(TileMemory memory, Strip sums, Words4 a, Words4 b, Words4 c);
}

/// <summary>The instructions of Hopper's tensor cores (sm_90a), which read both operands from shared memory themselves: a warpgroup, four warps side by side in the group, multiplies 64 rows at once.</summary>
/// <remarks>
/// Its sums stay where they are: on CUDA in registers that have names in the assembly, since the products that write them are under way while the program goes on; the twin has them in the struct that it is
/// given and returns. Which of a warp's lanes has which sum is as in <see cref="Strip"/>: warp w has rows 16w to 16w + 15, and its strips lie side by side.
/// </remarks>
internal interface IWarpgroupInstructions : ITensorInstructions
{
    /// <summary>All sums are zero. To be called once in a kernel.</summary>
    static abstract void BeginSums<TTile>() where TTile : struct, IWarpgroupTile;

    /// <summary>What the calling thread's copies have brought may be read by products: shared memory has two doors, and what came in by the one need not be seen through the other
    /// (<c>fence.proxy.async</c>). After <see cref="ITensorInstructions.Wait{TTile}"/> and before the barrier.</summary>
    static abstract void ShowCopies();

    /// <summary>Starts the products of two slices of rows (<see cref="WarpgroupRows"/>), 16 words of each.</summary>
    /// <param name="memory">The tiles.</param>
    /// <param name="sums">The sums so far.</param>
    /// <param name="left">Byte at which the warpgroup's 64 rows start.</param>
    /// <param name="right">Byte at which the columns start.</param>
    /// <returns>The new sums, once they have been waited for.</returns>
    static abstract WarpTile MultiplyRows<TTile>(TileMemory memory, WarpTile sums, int left, int right) where TTile : struct, IWarpgroupTile;

    /// <summary>The same for tf32, with the left operand in registers, where it was rounded: products cut off what they don't take.</summary>
    /// <param name="memory">The tiles.</param>
    /// <param name="sums">The sums so far.</param>
    /// <param name="low">The left fragment of words 0 to 7, as <see cref="ITensorInstructions.MultiplyTf32"/> takes it; row 0 is the warp's first of the warpgroup's 64. Not to be written to until the products are waited for.</param>
    /// <param name="high">That of words 8 to 15.</param>
    /// <param name="right">Byte at which the columns start, whose words are rounded.</param>
    /// <returns>The new sums, once they have been waited for.</returns>
    static abstract WarpTile MultiplyRowsTf32<TTile>(TileMemory memory, WarpTile sums, Words4 low, Words4 high, int right) where TTile : struct, IWarpgroupTile;

    /// <summary>The same for slices of 32 pixels of bf16 (<see cref="WarpgroupPixels"/>).</summary>
    /// <param name="memory">The tiles.</param>
    /// <param name="sums">The sums so far.</param>
    /// <param name="left">Byte at which the warpgroup's 64 channels start.</param>
    /// <param name="right">Byte at which the columns start.</param>
    static abstract WarpTile MultiplyPixels<TTile>(TileMemory memory, WarpTile sums, int left, int right) where TTile : struct, IWarpgroupTile;

    /// <summary>Waits until the products that the calling warp has started are complete: then their slices may be written over.</summary>
    static abstract void WaitForProducts();

    /// <summary>The sums as values, after <see cref="WaitForProducts"/>.</summary>
    static abstract WarpTile Sums<TTile>(WarpTile sums) where TTile : struct, IWarpgroupTile;
}

/// <summary>Where tiles lie. On CUDA they have a name of their own, and this is empty.</summary>
internal struct TileMemory(ArrayView<int> tiles, ArrayView<int> exchange)
{
    /// <summary>The tiles' words.</summary>
    public ArrayView<int> Tiles = tiles;

    /// <summary>Words through which the lanes of a warp see each other's registers: <see cref="PtxTwin.ExchangeWords"/> of each thread.</summary>
    public ArrayView<int> Exchange = exchange;
}

/// <summary>The tiles as floats, from a byte on.</summary>
internal readonly struct TileFloats<TCore>(TileMemory memory, int from) : ISharedFloats where TCore : struct, ITensorInstructions
{
    private readonly TileMemory memory = memory;
    private readonly int from = from;

    public float Load(int at) => Interop.IntAsFloat((uint)TCore.LoadWord(memory, from + 4 * at));

    public void Store(int at, float value) => TCore.StoreWord(memory, from + 4 * at, (int)Interop.FloatAsInt(value));
}

/// <summary>A tensor's words, for kernels: an array as C# has them, and the address that <c>cp.async</c> needs, which C# cannot find out inside a kernel.</summary>
internal struct WordArray(ArrayView<int> view, long address)
{
    public ArrayView<int> View = view;

    /// <summary>Address of the first word; 0 where there are no addresses.</summary>
    public long Address = address;

    /// <summary>On the host: a tensor's words.</summary>
    public static WordArray Of(Tensor tensor) => new(GpuDevice.Words(tensor), GpuDevice.Address(tensor));
}
