namespace LpcEngine.Kernels;

/// <summary>The order of the 81 positions of the strided forms, in which those that share a filter follow each other.</summary>
/// <remarks>
/// Along an axis, 0 to 4 are the points of F(4, 2) and 5 to 8 the four outputs' single taps. Positions: 5·i + j for points i and j, then
/// 25 + 4·i + q, then 45 + 4·j + p, then 65 + 4·p + q, where p and q count the single taps of an axis.
/// </remarks>
internal static class StridedPositions
{
    /// <summary>Points of F(4, 2).</summary>
    public const int Points = 5;

    /// <summary>Outputs along an axis.</summary>
    public const int Outputs = 4;

    /// <summary>Where point i along the columns meets single taps along the rows: at this + 4·i.</summary>
    public const int RowTaps = Points * Points;

    /// <summary>Where point j along the rows meets single taps along the columns: at this + 4·j.</summary>
    public const int ColumnTaps = RowTaps + Points * Outputs;

    /// <summary>Where single taps meet.</summary>
    public const int Centres = ColumnTaps + Points * Outputs;

    /// <summary>All positions.</summary>
    public const int Count = Centres + Outputs * Outputs;

    /// <summary>All filters: 25 of two pairs of taps, 5 + 5 of one pair, 1 of the centre.</summary>
    public const int Filters = (Points + 1) * (Points + 1);

    /// <summary>See <see cref="IWinogradForm.Group"/>.</summary>
    public static (int First, int Count) Group(int filter) =>
        filter < RowTaps ? (filter, 1) : filter < Filters - 1 ? (RowTaps + (filter - RowTaps) * Outputs, Outputs) : (Centres, Outputs * Outputs);
}
