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
    /// <summary>Threads of a group: 256 or 128.</summary>
    int Threads { get; }

    /// <summary>Columns of the tile; of rows each has <see cref="TileShape.Rows"/>.</summary>
    int Columns { get; }

    /// <summary>Columns of sums in a thread: four neighbours, or eight, of which four lie half a tile further right.</summary>
    int ColumnsPerThread { get; }

    /// <summary>The sums plus the product of two slices.</summary>
    /// <param name="a">[Depth, RowPitch] Float4s of the left operand, k outermost.</param>
    /// <param name="b">[Depth, slice columns / 4] Float4s of the right operand.</param>
    /// <param name="atA">Index in <paramref name="a"/> of the thread's rows for the slice's first k, counted in what it reads at once: Float4s, or Float2s where a thread has two rows.</param>
    /// <param name="atB">Index in <paramref name="b"/> of the thread's Float4 for the slice's first k.</param>
    /// <returns>The new sums.</returns>
    TTile PlusProduct(ArrayView<Float4> a, ArrayView<Float4> b, int atA, int atB);

    /// <summary>The sums with the same row added to each of theirs.</summary>
    /// <param name="near">Of the first four columns.</param>
    /// <param name="far">Of the other four, if there are eight.</param>
    /// <returns>The new sums.</returns>
    TTile Plus(Float4 near, Float4 far);

    /// <summary>The first four columns of a row of the sums.</summary>
    /// <param name="i">0 to rows per thread − 1.</param>
    Float4 Row(int i);

    /// <summary>The other four of eight.</summary>
    /// <param name="i">0 to rows per thread − 1.</param>
    Float4 FarRow(int i);
}
