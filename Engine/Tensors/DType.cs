namespace LpcEngine.Engine;

/// <summary>The type of a tensor's elements.</summary>
public enum DType
{
    /// <summary>32-bit floating point: activations, weights, gradients.</summary>
    Float32,

    /// <summary>32-bit integer: labels and indices.</summary>
    Int32,

    /// <summary>Unsigned byte: images as they lie in the archives.</summary>
    UInt8,

    /// <summary>The upper half of a 32-bit floating-point number, on the host a ushort (see <see cref="Engine.BFloat16"/>): activations and their gradients at precision <see cref="Precision.Bf16"/>.</summary>
    BFloat16,
}

/// <summary>Sizes of element types.</summary>
public static class DTypes
{
    /// <summary>Bytes of one element.</summary>
    /// <param name="type">The element type.</param>
    /// <returns>4, 2 or 1.</returns>
    public static int Bytes(this DType type) => type switch { DType.UInt8 => 1, DType.BFloat16 => 2, _ => 4 };

    /// <summary>The element type whose elements look like T on the host.</summary>
    /// <typeparam name="T">float, int, byte, or ushort for the bits of bf16.</typeparam>
    /// <returns>The type.</returns>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static DType Of<T>() where T : unmanaged =>
        typeof(T) == typeof(float) ? DType.Float32 : typeof(T) == typeof(int) ? DType.Int32 : typeof(T) == typeof(byte) ? DType.UInt8 : typeof(T) == typeof(ushort) ? DType.BFloat16
        : throw new ArgumentException($"No tensor has elements of type {typeof(T).Name}.");
}
