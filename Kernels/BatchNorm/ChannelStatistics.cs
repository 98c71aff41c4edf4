using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>What the kernel that wrote a tensor found out about its channels on the way: batch normalisation in training then doesn't read the tensor for it.</summary>
/// <remarks>Of each tile of rows and each channel a value near the others, the mean relative to it, and the sum of squares about the mean: what the first pass of batch normalisation would have written, from the values as
/// they are stored. Of the running step, and for one normalisation.</remarks>
public sealed class ChannelStatistics
{
    internal ChannelStatistics(Tensor of, int tileRows)
    {
        (Of, Rows) = (of, GpuRows.InTiles(of.Shape.Count, of.Shape[-1], tileRows));
        Partials = of.Device.New(new(3, Rows.Tiles, Rows.Width));
    }

    /// <summary>The tensor.</summary>
    internal Tensor Of { get; }

    /// <summary>How it is cut.</summary>
    internal GpuRows Rows { get; }

    /// <summary>[3, tiles, channels], floats.</summary>
    internal Tensor Partials { get; }
}

/// <summary>A tensor, and what is known of its channels.</summary>
/// <param name="Values">The tensor.</param>
/// <param name="Statistics">Of this tensor; null where nothing is known.</param>
public readonly record struct Measured(Tensor Values, ChannelStatistics? Statistics = null)
{
    /// <summary>Nothing is known of a tensor as such.</summary>
    /// <param name="values">The tensor.</param>
    public static implicit operator Measured(Tensor values) => new(values);
}
