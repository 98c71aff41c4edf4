using System.Runtime.InteropServices;

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

    /// <summary>Four neighbouring sums, the left or the right ones, of the upper or the lower row, in the order of their columns where columns are dealt (<see cref="WarpTile"/>).</summary>
    public readonly Float4 Quad(bool lower, bool right) => lower
        ? right ? new Float4(C.Z, C.W, D.Z, D.W) : new Float4(A.Z, A.W, B.Z, B.W)
        : right ? new Float4(C.X, C.Y, D.X, D.Y) : new Float4(A.X, A.Y, B.X, B.Y);
}
