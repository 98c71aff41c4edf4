namespace LpcEngine.Engine;

/// <summary>The extents of a tensor, outermost first: at most four. A value without heap memory, so that steps allocate nothing.</summary>
/// <remarks>Images are [N, H, W, C]; rank 0 is a scalar with one element. A shape has at most 2³¹ − 1 elements; constructors throw a <see cref="ShapeException"/> for more, and for an extent below 1.</remarks>
public readonly struct Shape : IEquatable<Shape>
{
    private readonly int d0, d1, d2, d3, count;

    /// <summary>A vector's shape.</summary>
    /// <param name="d0">Elements, at least 1.</param>
    public Shape(int d0) : this(1, d0, 1, 1, 1) { }

    /// <summary>A matrix's shape.</summary>
    /// <param name="d0">Rows, at least 1.</param>
    /// <param name="d1">Columns, at least 1.</param>
    public Shape(int d0, int d1) : this(2, d0, d1, 1, 1) { }

    /// <summary>A shape of rank 3.</summary>
    /// <param name="d0">Outermost extent, at least 1.</param>
    /// <param name="d1">Middle extent, at least 1.</param>
    /// <param name="d2">Innermost extent, at least 1.</param>
    public Shape(int d0, int d1, int d2) : this(3, d0, d1, d2, 1) { }

    /// <summary>A shape of rank 4, such as [N, H, W, C] or [R, S, C, K].</summary>
    /// <param name="d0">Outermost extent, at least 1.</param>
    /// <param name="d1">Second extent, at least 1.</param>
    /// <param name="d2">Third extent, at least 1.</param>
    /// <param name="d3">Innermost extent, at least 1.</param>
    public Shape(int d0, int d1, int d2, int d3) : this(4, d0, d1, d2, d3) { }

    private Shape(int rank, int d0, int d1, int d2, int d3)
    {
        if (d0 < 1 || d1 < 1 || d2 < 1 || d3 < 1)
            throw new ShapeException("Shape", $"every extent must be at least 1, got {Format(rank, d0, d1, d2, d3)}.");
        (Rank, this.d0, this.d1, this.d2, this.d3) = (rank, d0, d1, d2, d3);
        // 2^31 − 1 is the largest index that the GPU kernels' 32-bit arithmetic reaches. Checked after each factor: the product of all four can wrap even in 64 bits.
        var product = (long)d0 * d1;
        if (product <= int.MaxValue) product *= d2;
        if (product <= int.MaxValue) product *= d3;
        if (product > int.MaxValue)
        {
            throw new ShapeException("Shape",
                $"{this} has {(double)d0 * d1 * d2 * d3:N0} elements; one tensor can have at most {int.MaxValue:N0}. Make an extent smaller: the batch, or the width of the layer whose weight it is.");
        }
        count = (int)product;
    }

    /// <summary>The shape of a scalar: rank 0, one element.</summary>
    public static Shape Scalar => default;

    /// <summary>Number of extents, 0 to 4.</summary>
    public int Rank { get; }

    /// <summary>Number of elements.</summary>
    public int Count => Rank == 0 ? 1 : count;

    /// <summary>One extent, counted from the outermost; negative indices count from the innermost (−1).</summary>
    /// <param name="axis">−Rank to Rank − 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such axis.</exception>
    public int this[int axis] => (axis < 0 ? axis + Rank : axis) switch
    {
        0 when Rank > 0 => d0,
        1 when Rank > 1 => d1,
        2 when Rank > 2 => d2,
        3 when Rank > 3 => d3,
        _ => throw new ArgumentOutOfRangeException(nameof(axis), axis, $"shape {this} has rank {Rank}"),
    };

    /// <summary>The shape with these extents.</summary>
    /// <param name="extents">Zero to four extents, each at least 1.</param>
    /// <returns>The shape.</returns>
    /// <exception cref="ShapeException">More than four extents, one below 1, or more than 2³¹ − 1 elements.</exception>
    public static Shape Of(ReadOnlySpan<int> extents) => extents.Length switch
    {
        0 => Scalar,
        1 => new(extents[0]),
        2 => new(extents[0], extents[1]),
        3 => new(extents[0], extents[1], extents[2]),
        4 => new(extents[0], extents[1], extents[2], extents[3]),
        _ => throw new ShapeException("Shape", $"rank {extents.Length} is more than 4."),
    };

    /// <summary>The extents as an array, outermost first.</summary>
    /// <returns>A new array of length <see cref="Rank"/>.</returns>
    public int[] ToArray() => new[] { d0, d1, d2, d3 }[..Rank];

    /// <inheritdoc/>
    public bool Equals(Shape other) => Rank == other.Rank && d0 == other.d0 && d1 == other.d1 && d2 == other.d2 && d3 == other.d3;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Shape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Rank, d0, d1, d2, d3);

    /// <summary>The shape as a reader writes it, such as [128, 32, 32, 3].</summary>
    /// <returns>Text in brackets.</returns>
    public override string ToString() => Format(Rank, d0, d1, d2, d3);

    private static string Format(int rank, int d0, int d1, int d2, int d3) => $"[{string.Join(", ", new[] { d0, d1, d2, d3 }[..rank])}]";

    /// <summary>Whether both shapes are the same.</summary>
    /// <param name="a">One shape.</param>
    /// <param name="b">Another.</param>
    /// <returns>True when rank and all extents agree.</returns>
    public static bool operator ==(Shape a, Shape b) => a.Equals(b);

    /// <summary>Whether the shapes differ.</summary>
    /// <param name="a">One shape.</param>
    /// <param name="b">Another.</param>
    /// <returns>True when rank or an extent differs.</returns>
    public static bool operator !=(Shape a, Shape b) => !a.Equals(b);
}
