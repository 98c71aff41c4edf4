using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>How a thread finds and fetches its part of the slices of both operands, one slice after the other; as a type, so that there is a kernel for each (<see cref="TileSums"/>).</summary>
/// <typeparam name="TSelf">The implementing struct.</typeparam>
internal interface ITileSlices<TSelf> where TSelf : struct, ITileSlices<TSelf>
{
    /// <summary>What was fetched of the left matrix.</summary>
    Float4 A0 { get; }

    /// <summary>The second of two fetches (<see cref="TileShape.RowFetches"/>).</summary>
    Float4 A1 { get; }

    /// <summary>What was fetched of the right matrix.</summary>
    Float4 B { get; }

    /// <summary>Whether channels and columns are multiples of four (<see cref="IAlignment"/>).</summary>
    bool IsAligned { get; }

    /// <summary>Whether a fetch of the left matrix lies along the sum, so that its four numbers go to four steps of the slice; else they are four neighbours of one step.</summary>
    bool LieAlongSum { get; }

    /// <summary>Fetches the first slice.</summary>
    /// <param name="left">The left operand, or what its rows are gathered from.</param>
    /// <param name="right">The right operand.</param>
    /// <param name="plan">The product.</param>
    /// <param name="tile">The group's tile.</param>
    /// <param name="begin">Where along the sum the first slice begins.</param>
    /// <param name="end">Where the sum ends: beyond it slices are zero, or nobody multiplies them.</param>
    /// <returns>The slices, with the first one fetched.</returns>
    static abstract TSelf Begin<TTile>(ArrayView<float> left, ArrayView<float> right, GatherPlan plan, TilePlace tile, int begin, int end) where TTile : struct, ITile<TTile>;

    /// <summary>Fetches the next slice.</summary>
    /// <param name="left">As at the beginning.</param>
    /// <param name="right">As at the beginning.</param>
    /// <param name="plan">As at the beginning.</param>
    /// <param name="k">Where along the sum the slice begins; at the end, or beyond it, it is fetched as well, but not multiplied.</param>
    /// <returns>The slices, with this one fetched.</returns>
    TSelf Next<TTile>(ArrayView<float> left, ArrayView<float> right, GatherPlan plan, int k) where TTile : struct, ITile<TTile>;
}

/// <summary>Slices of rows: fetches of the left matrix lie along the sum.</summary>
/// <typeparam name="TSelf">The implementing struct.</typeparam>
internal interface IRowTileSlices<TSelf> : ITileSlices<TSelf> where TSelf : struct, IRowTileSlices<TSelf>;

/// <summary>Slices of columns: the sum goes over rows of both matrices, and fetches lie across it.</summary>
/// <typeparam name="TSelf">The implementing struct.</typeparam>
internal interface IColumnTileSlices<TSelf> : ITileSlices<TSelf> where TSelf : struct, IColumnTileSlices<TSelf>;
