using ILGPU;

namespace LpcEngine.Engine;

/// <summary>How kernels with one thread for each element are launched, and which element is a thread's.</summary>
/// <remarks>
/// ILGPU could do both (its implicitly grouped kernels, which take an index). But 1.5.3 then believes the index to be equal for all threads of a warp and marks
/// every branch that depends on it as uniform (<c>bra.uni</c> in NVIDIA's assembly), which is undefined as soon as two threads of a warp go different ways.
/// Kernels written for groups get plain branches.
/// </remarks>
public static class Elements
{
    /// <summary>Threads of a group: as many as the emulator has.</summary>
    public const int GroupSize = 256;

    /// <summary>The launch with at least one thread for each element.</summary>
    /// <param name="count">Number of elements; none is as good as one.</param>
    /// <returns>Groups of <see cref="GroupSize"/> threads along x, where the grid may be 2³¹ − 1 groups long.</returns>
    public static KernelConfig Config(int count) => new((count - 1) / GroupSize + 1, GroupSize);

    /// <summary>The launch of kernels that take four neighbours at a time: at least one thread for each four, the incomplete last ones included.</summary>
    /// <param name="count">Number of elements.</param>
    /// <returns>Groups of <see cref="GroupSize"/> threads along x.</returns>
    public static KernelConfig QuadConfig(int count) => Config((int)(((long)count + 3) / 4));

    /// <summary>Inside a kernel: the calling thread's element. The last group has threads beyond the end, so every kernel compares it with the number of elements.</summary>
    public static int Index => Grid.IdxX * GroupSize + Group.IdxX;
}
