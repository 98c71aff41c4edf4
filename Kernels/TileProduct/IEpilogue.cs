namespace LpcEngine.Kernels;

/// <summary>What becomes of a tile of complete sums (<see cref="RowsEpilogue"/>); as a type, so that there is a kernel for each.</summary>
/// <remarks>One kernel for all would have the registers of all: in tiles of 128×128 a slice of gathered rows takes 621 instructions where results are written, and 658 where they are added.</remarks>
internal interface IEpilogue
{
    /// <summary>Results are added to what lies where they go.</summary>
    bool Adds { get; }

    /// <summary>The statistics of the columns are written, too (<see cref="ChannelStatistics"/>).</summary>
    bool Measures { get; }
}

/// <summary>Results are written.</summary>
internal readonly struct Overwriting : IEpilogue
{
    public bool Adds => false;

    public bool Measures => false;
}

/// <summary>Results are added to what is there.</summary>
internal readonly struct Adding : IEpilogue
{
    public bool Adds => true;

    public bool Measures => false;
}

/// <summary>Results are written, and their columns' statistics.</summary>
internal readonly struct Measuring : IEpilogue
{
    public bool Adds => false;

    public bool Measures => true;
}
