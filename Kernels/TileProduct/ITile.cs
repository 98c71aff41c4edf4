using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>One thread's piece of a tile: the sums that it keeps in registers, and how the group's threads share the tile.</summary>
/// <remarks>
/// Structs of scalars, because ILGPU splits those into registers and puts arrays into (slow) local memory. Kernels are generic over them,
/// so each has its own compiled kernel in which everything here is a constant.
/// </remarks>
/// <typeparam name="TTile">The implementing struct.</typeparam>
internal interface ITile<TTile> where TTile : struct, ITile<TTile>
{
    /// <summary>Rows of sums in a thread; <see cref="TileShape.Rows"/> divided by it are the threads one above the other.</summary>
    int RowsPerThread { get; }

    /// <summary>Threads side by side, each with four columns.</summary>
    int ThreadsAcross { get; }

    /// <summary>The sums plus the product of two slices.</summary>
    /// <param name="a">[Depth, RowPitch] Float4s of the left operand, k outermost.</param>
    /// <param name="b">[Depth, ColumnPitch] Float4s of the right operand.</param>
    /// <param name="firstA">Index of the slice's first Float4 in <paramref name="a"/>.</param>
    /// <param name="row">The thread's first row, a multiple of <see cref="RowsPerThread"/>.</param>
    /// <param name="atB">Index in <paramref name="b"/> of the thread's Float4 for the slice's first k.</param>
    /// <returns>The new sums.</returns>
    TTile PlusProduct(ArrayView<Float4> a, ArrayView<Float4> b, int firstA, int row, int atB);

    /// <summary>One row of the sums.</summary>
    /// <param name="i">0 to RowsPerThread − 1.</param>
    /// <returns>Four neighbouring results.</returns>
    Float4 Row(int i);
}
