using System.Runtime.InteropServices;

namespace LpcEngine.Kernels;

/// <summary>Four floats that GPU kernels move at once: a view cast to it is read and written 16 bytes at a time.</summary>
[StructLayout(LayoutKind.Sequential, Size = 16)]
internal struct Float4(float x, float y, float z, float w)
{
    public float X = x, Y = y, Z = z, W = w;

    /// <summary>this + scale·b, which the device's compiler contracts to four fused multiply-adds.</summary>
    public readonly Float4 PlusScaled(float scale, Float4 b) => new(X + scale * b.X, Y + scale * b.Y, Z + scale * b.Z, W + scale * b.W);

    public static Float4 operator +(Float4 a, Float4 b) => new(a.X + b.X, a.Y + b.Y, a.Z + b.Z, a.W + b.W);

    public static Float4 operator -(Float4 a, Float4 b) => new(a.X - b.X, a.Y - b.Y, a.Z - b.Z, a.W - b.W);

    public static Float4 operator *(Float4 a, Float4 b) => new(a.X * b.X, a.Y * b.Y, a.Z * b.Z, a.W * b.W);

    /// <summary>The same value four times.</summary>
    public static Float4 All(float value) => new(value, value, value, value);
}

/// <summary>Two floats moved at once.</summary>
[StructLayout(LayoutKind.Sequential, Size = 8)]
internal struct Float2(float x, float y)
{
    public float X = x, Y = y;
}
