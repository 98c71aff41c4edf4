using ILGPU.Runtime.Cuda;

namespace LpcEngine.Kernels;

/// <summary>A tile that consists of warpgroups' tiles below each other, 64 rows and all columns each: 64 columns are half of a <see cref="WarpTile"/> of each thread, 128 the whole.</summary>
internal interface IWarpgroupTile : IStagedTile;

internal readonly struct Warpgroups128x128 : IWarpgroupTile
{
    public int Rows => 128;

    public int Columns => 128;

    public int Stages => 3;

    public int Threads => 256;

    public int SharedBytes => 48 * 1024;

    public int GroupsPerProcessor => 2;
}

internal readonly struct Warpgroups128x64 : IWarpgroupTile
{
    public int Rows => 128;

    public int Columns => 64;

    public int Stages => 4;

    public int Threads => 256;

    public int SharedBytes => 48 * 1024;

    public int GroupsPerProcessor => 3;
}

internal readonly struct Warpgroups64x64 : IWarpgroupTile
{
    public int Rows => 64;

    public int Columns => 64;

    public int Stages => 4;

    public int Threads => 128;

    public int SharedBytes => 32 * 1024;

    public int GroupsPerProcessor => 7;
}

/// <summary>Where there are warpgroups.</summary>
internal static class Warpgroups
{
    /// <summary>On Hopper alone, by a driver that has words for them: before PTX 8.0 it refuses the text.</summary>
    public static bool AreOf(CudaArchitecture architecture, CudaInstructionSet instructions) => architecture == CudaArchitecture.SM_90 && instructions >= CudaInstructionSet.ISA_80;
}
