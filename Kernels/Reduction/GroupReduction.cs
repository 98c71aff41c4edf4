using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>
/// Sums and maxima over the threads of one group, by trees in shared memory: always the same order, so always the same bits.
/// </summary>
/// <remarks>
/// Portable: neither warp operations nor atomics. All <see cref="Size"/> threads of the group must call, also those without a value of
/// their own.
/// </remarks>
internal static class GroupReduction
{
    /// <summary>
    /// Threads of a group. Rows have 10 to 1000 classes or 4 to 2048 latents: more threads would idle, fewer would leave a GPU's memory
    /// latency uncovered.
    /// </summary>
    public const int Size = 128;

    /// <summary>The sum of all threads' values, for all of them.</summary>
    public static float Sum(float value)
    {
        var shared = SharedMemory.Allocate<float>(Size);
        var thread = Group.IdxX;
        shared[thread] = value;
        Group.Barrier(); // all values are there before a neighbour's is read
        for (var half = Size / 2; half > 0; half /= 2)
        {
            if (thread < half) shared[thread] += shared[thread + half];
            Group.Barrier(); // this level is complete before the next one reads it
        }
        var sum = shared[0];
        Group.Barrier(); // everybody has read before a second call, in a loop, writes again
        return sum;
    }

    /// <summary>The largest of all threads' values, for all of them. Values that aren't numbers are passed over.</summary>
    public static float Max(float value)
    {
        var shared = SharedMemory.Allocate<float>(Size);
        var thread = Group.IdxX;
        shared[thread] = value;
        Group.Barrier(); // as in Sum
        for (var half = Size / 2; half > 0; half /= 2)
        {
            if (thread < half && shared[thread + half] > shared[thread]) shared[thread] = shared[thread + half];
            Group.Barrier(); // as in Sum
        }
        var max = shared[0];
        Group.Barrier(); // as in Sum
        return max;
    }
}
