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
}

/// <summary>Sizes of element types.</summary>
public static class DTypes
{
    /// <summary>Bytes of one element.</summary>
    /// <param name="type">The element type.</param>
    /// <returns>4 or 1.</returns>
    public static int Bytes(this DType type) => type == DType.UInt8 ? 1 : 4;
}
