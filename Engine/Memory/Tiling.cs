namespace LpcEngine.Engine;

/// <summary>How many pieces a whole makes, in arithmetic that does not wrap near 2³¹.</summary>
public static class Tiling
{
    /// <summary>The number of tiles that hold everything: ⌈extent / tile⌉.</summary>
    /// <param name="extent">What is cut, not negative.</param>
    /// <param name="tile">What one tile holds, at least 1.</param>
    /// <returns>The number; 0 for nothing.</returns>
    /// <exception cref="OverflowException">There would be 2³¹ tiles or more.</exception>
    public static int Count(long extent, long tile) => checked((int)(extent / tile + (extent % tile > 0 ? 1 : 0)));

    /// <summary>Where a tile ends: at the next one's start, the last one with the whole.</summary>
    /// <param name="tile">Which tile, counted from 0.</param>
    /// <param name="size">What one tile holds, at least 1.</param>
    /// <param name="extent">What is cut.</param>
    /// <returns>One past the tile's last element.</returns>
    public static int End(int tile, int size, int extent) => (int)Math.Min((tile + 1L) * size, extent);

    /// <summary>The next multiple: ⌈value / multiple⌉ · multiple.</summary>
    /// <param name="value">Not negative.</param>
    /// <param name="multiple">At least 1.</param>
    /// <returns>The smallest multiple that is not below the value.</returns>
    /// <exception cref="OverflowException">It is beyond the range.</exception>
    public static long RoundUp(long value, long multiple) => value % multiple is var rest and > 0 ? checked(value + (multiple - rest)) : value;

    /// <inheritdoc cref="RoundUp(long, long)"/>
    public static int RoundUp(int value, int multiple) => checked((int)RoundUp((long)value, multiple));
}
