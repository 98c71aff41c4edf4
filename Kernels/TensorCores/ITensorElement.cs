using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>What the numbers are that tensor cores multiply, and what depends on it: <see cref="Tf32Element"/> or <see cref="Bf16Element"/>.</summary>
/// <remarks>Products along rows (<see cref="TensorRowsGpu"/>) hardly notice: a word is a word. Sums over pixels (<see cref="TensorColumnsGpu"/>) need transposed fragments, which each gets its own way.</remarks>
internal interface ITensorElement
{
    /// <summary>Numbers in a word of 32 bits.</summary>
    int PerWord { get; }

    /// <summary>Makes the words of a fragment what the products take, where they are not yet.</summary>
    Words4 Prepare<TCore>(Words4 words) where TCore : struct, ITensorInstructions;

    /// <summary>sums + a·(b, c): see <see cref="ITensorInstructions.MultiplyTf32"/>.</summary>
    Strip Multiply<TCore>(TileMemory memory, Strip sums, Words4 a, Words4 b, Words4 c) where TCore : struct, ITensorInstructions;

    /// <summary>With which number the places of 16 bytes in a pixel's row of a slice are exchanged (exclusive or), so that readers of a fragment meet different banks.</summary>
    int Swizzle(int pixel);

    /// <summary>Where a lane reads its part of the left fragments of a warp's first strip.</summary>
    /// <param name="lane">0 to 31.</param>
    /// <param name="channel">The warp's first channel in the slice, a multiple of 64.</param>
    /// <param name="pitch">Bytes from one pixel to the next.</param>
    /// <returns>Bytes from the start of the slice.</returns>
    int LeftPlace(int lane, int channel, int pitch);

    /// <summary>Where a lane reads its part of the right fragments; <paramref name="channel"/> is a multiple of 32.</summary>
    int RightPlace(int lane, int channel, int pitch);

    /// <summary>The transposed left fragment of strip 0 to 3.</summary>
    Words4 Left<TCore>(TileMemory memory, int place, int strip, int pitch) where TCore : struct, ITensorInstructions;

    /// <summary>The transposed right fragments of columns 0 to 15 (pair 0) or 16 to 31 (pair 1).</summary>
    Words4 Right<TCore>(TileMemory memory, int place, int pair, int pitch) where TCore : struct, ITensorInstructions;

    /// <summary>Where a thread's part of the left operand starts in a slice of rows, for <see cref="MultiplyRows"/>.</summary>
    /// <param name="warp">Of the group.</param>
    /// <param name="lane">0 to 31.</param>
    int WarpgroupLeft(int warp, int lane);

    /// <summary>Starts a warpgroup's products of two slices of rows: see <see cref="IWarpgroupInstructions"/>.</summary>
    /// <param name="memory">The tiles.</param>
    /// <param name="sums">The sums so far.</param>
    /// <param name="left">Where the slice starts, plus <see cref="WarpgroupLeft"/>.</param>
    /// <param name="right">Where its columns start.</param>
    WarpTile MultiplyRows<TCore, TTile>(TileMemory memory, WarpTile sums, int left, int right) where TCore : struct, IWarpgroupInstructions where TTile : struct, IWarpgroupTile;

    /// <summary>Writes eight neighbouring results of a tile to shared memory, as they are stored.</summary>
    /// <param name="memory">The tiles.</param>
    /// <param name="columns">Columns that are kept: 64 or 128.</param>
    /// <param name="row">In the tile.</param>
    /// <param name="column">The first one, a multiple of 8.</param>
    /// <param name="left">The first four.</param>
    /// <param name="right">The other four.</param>
    void Keep<TCore>(TileMemory memory, int columns, int row, int column, Float4 left, Float4 right) where TCore : struct, ITensorInstructions;

    /// <summary>Reads four neighbouring ones; <paramref name="column"/> is a multiple of 4.</summary>
    Float4 Kept<TCore>(TileMemory memory, int columns, int row, int column) where TCore : struct, ITensorInstructions;

    /// <summary>Results as they are stored.</summary>
    Float4 Stored(Float4 sums);

    /// <summary>Writes eight neighbouring results of one row, of which those beyond the last column are left out, or adds them to what is there.</summary>
    /// <param name="result">The result's words.</param>
    /// <param name="adds">Whether they are added: <see cref="GatherPlan.Adds"/>.</param>
    /// <param name="row">The row.</param>
    /// <param name="column">The first column, a multiple of 8.</param>
    /// <param name="columns">Columns of the result, a multiple of 4·<see cref="PerWord"/>.</param>
    /// <param name="left">The first four.</param>
    /// <param name="right">The other four.</param>
    void Store(ArrayView<int> result, int adds, int row, int column, int columns, Float4 left, Float4 right);
}
