namespace LpcEngine.Engine;

/// <summary>One tensor of a safetensors file: what its header says about it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="DType">Its element type as the format spells it, for example <c>F32</c>.</param>
/// <param name="Shape">Its lengths, outermost first; empty for a single number.</param>
/// <param name="Begin">First byte, counted from the end of the header.</param>
/// <param name="End">One past the last byte.</param>
public sealed record SafeTensorsEntry(string Name, string DType, IReadOnlyList<long> Shape, long Begin, long End)
{
    /// <summary>Bytes of its data.</summary>
    public long ByteCount => End - Begin;

    /// <summary>Number of elements.</summary>
    public long Count => ByteCount / SafeTensorsHeader.ElementSize(DType);

    /// <summary>The shape as people write it, for example <c>[128, 64]</c>.</summary>
    public string ShapeText => $"[{string.Join(", ", Shape)}]";
}
