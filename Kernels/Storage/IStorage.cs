using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>How a tensor's elements lie in a GPU's memory, as a struct that is a kernel's parameter: one kernel serves every type of activation, and computes in floats whatever the type.</summary>
/// <remarks>
/// Four neighbours are one access, of 16 bytes for floats and 8 for bf16; ILGPU 1.5.3 makes it one only where the view is cast first and then indexed in units of the access, as the
/// storages do. Results are rounded once, when they are stored.
/// </remarks>
/// <typeparam name="TSelf">The struct itself.</typeparam>
internal interface IStorage<TSelf> where TSelf : struct, IStorage<TSelf>
{
    /// <summary>On the host: a tensor's elements.</summary>
    static abstract TSelf Of(Tensor tensor);

    /// <summary>Number of elements.</summary>
    int Length { get; }

    /// <summary>Reads an element.</summary>
    float Load(int at);

    /// <summary>Writes an element.</summary>
    void Store(int at, float value);

    /// <summary>Reads elements 4·quad to 4·quad + 3, all of which there must be.</summary>
    Float4 LoadQuad(int quad);

    /// <summary>Writes elements 4·quad to 4·quad + 3, all of which there must be.</summary>
    void StoreQuad(int quad, Float4 value);
}
