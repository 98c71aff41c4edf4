using System.Runtime.InteropServices;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Four words of 32 bits: a float or two bf16 each. What <c>ldmatrix</c> gives a thread, and what 16 bytes of memory hold.</summary>
[StructLayout(LayoutKind.Sequential, Size = 16)]
internal struct Words4(int x, int y, int z, int w)
{
    public int X = x, Y = y, Z = z, W = w;
}

/// <summary>A thread's four sums of one 16×8 product: columns 2t and 2t + 1 of row g, then of row g + 8, where lane = 4·g + t.</summary>
internal struct Sums4(float x, float y, float z, float w)
{
    public float X = x, Y = y, Z = z, W = w;
}

/// <summary>A thread's sums of four 16×8 products side by side: a strip of 16×32 results for a warp.</summary>
/// <remarks>Fields, not an array: ILGPU keeps the fields of structs in registers and arrays in (slow) local memory.</remarks>
internal struct Strip(Sums4 a, Sums4 b, Sums4 c, Sums4 d)
{
    public Sums4 A = a, B = b, C = c, D = d;

    /// <summary>The eight sums of one of the two rows in the order of their columns, where columns are dealt (<see cref="WarpTile"/>), as bf16.</summary>
    public readonly Words4 Row(bool lower) => lower
        ? new(BFloat16.Pair(A.Z, A.W), BFloat16.Pair(B.Z, B.W), BFloat16.Pair(C.Z, C.W), BFloat16.Pair(D.Z, D.W))
        : new(BFloat16.Pair(A.X, A.Y), BFloat16.Pair(B.X, B.Y), BFloat16.Pair(C.X, C.Y), BFloat16.Pair(D.X, D.Y));
}
