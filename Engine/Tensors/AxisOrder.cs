namespace LpcEngine.Engine;

/// <summary>Reorders the axes of arrays in host memory: between our layouts and those of files.</summary>
public static class AxisOrder
{
    /// <summary>Permutes axes: axis i of the result is axis <paramref name="axes"/>[i] of the source.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="source">Elements in row-major order.</param>
    /// <param name="shape">The source's extents, rank at most 4.</param>
    /// <param name="axes">A permutation of 0 … rank − 1.</param>
    /// <returns>A new array in the new row-major order.</returns>
    /// <exception cref="ArgumentException">The length or the permutation does not fit the shape.</exception>
    public static T[] Permute<T>(ReadOnlySpan<T> source, Shape shape, ReadOnlySpan<int> axes)
    {
        if (source.Length != shape.Count || axes.Length != shape.Rank) throw new ArgumentException($"{source.Length} elements and {axes.Length} axes do not fit {shape}.");
        var seen = 0;
        foreach (var axis in axes)
            if (axis >= 0 && axis < axes.Length) seen |= 1 << axis;
        if (seen != (1 << axes.Length) - 1) throw new ArgumentException($"[{string.Join(", ", axes.ToArray())}] does not name each axis from 0 to {axes.Length - 1} once.", nameof(axes));
        Span<int> sourceStride = stackalloc int[4];
        var stride = 1;
        for (var axis = shape.Rank - 1; axis >= 0; axis--)
        {
            sourceStride[axis] = stride;
            stride *= shape[axis];
        }
        // Pad to rank 4 from the left, so that one loop nest serves every rank.
        Span<int> extent = [1, 1, 1, 1];
        Span<int> step = [0, 0, 0, 0];
        for (var i = 0; i < axes.Length; i++)
        {
            extent[4 - axes.Length + i] = shape[axes[i]];
            step[4 - axes.Length + i] = sourceStride[axes[i]];
        }
        var result = new T[source.Length];
        var to = 0;
        for (var a = 0; a < extent[0]; a++)
            for (var b = 0; b < extent[1]; b++)
                for (var c = 0; c < extent[2]; c++)
                    for (var d = 0; d < extent[3]; d++)
                        result[to++] = source[a * step[0] + b * step[1] + c * step[2] + d * step[3]];
        return result;
    }

    /// <inheritdoc cref="Permute{T}(ReadOnlySpan{T}, Shape, ReadOnlySpan{int})"/>
    public static T[] Permute<T>(T[] source, Shape shape, int[] axes) => Permute<T>(source.AsSpan(), shape, axes);
}
