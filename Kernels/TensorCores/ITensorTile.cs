namespace LpcEngine.Kernels;

/// <summary>The results that one group of threads computes, and how many slices of the operands lie in shared memory at once.</summary>
/// <remarks>
/// A slice has 16 words of each row and column of the tile. Three slices of 128×128, or four of the smaller tiles, are at most the 48 KiB of shared memory that a kernel may
/// have without asking the driver; while one is multiplied, the others are on their way. Large tiles read less, small ones give more groups: <see cref="TensorProductGpu{TElement}"/> chooses.
/// </remarks>
internal interface IStagedTile
{
    int Rows { get; }

    int Columns { get; }

    /// <summary>Slices in shared memory.</summary>
    int Stages { get; }

    /// <summary>Threads of the group.</summary>
    int Threads { get; }

    /// <summary>Bytes of all stages.</summary>
    int SharedBytes { get; }

    /// <summary>How many groups a large GPU's processor holds at once: what 65,536 registers and 227 KiB of shared memory are enough for. It says how sums over pixels are cut, hence a constant.</summary>
    int GroupsPerProcessor { get; }
}

/// <summary>A tile that consists of warps' tiles of 64×32 (<see cref="WarpTile"/>).</summary>
internal interface ITensorTile : IStagedTile
{
    /// <summary>Warps side by side; the others are below them.</summary>
    int WarpsAcross { get; }
}

internal readonly struct Tile128x128 : ITensorTile
{
    public int Rows => 128;

    public int Columns => 128;

    public int Stages => 3;

    public int WarpsAcross => 4;

    public int Threads => 256;

    public int SharedBytes => 48 * 1024;

    public int GroupsPerProcessor => 2;
}

internal readonly struct Tile128x64 : ITensorTile
{
    public int Rows => 128;

    public int Columns => 64;

    public int Stages => 4;

    public int WarpsAcross => 2;

    public int Threads => 128;

    public int SharedBytes => 48 * 1024;

    public int GroupsPerProcessor => 4;
}

internal readonly struct Tile64x64 : ITensorTile
{
    public int Rows => 64;

    public int Columns => 64;

    public int Stages => 4;

    public int WarpsAcross => 2;

    public int Threads => 64;

    public int SharedBytes => 32 * 1024;

    public int GroupsPerProcessor => 7;
}
