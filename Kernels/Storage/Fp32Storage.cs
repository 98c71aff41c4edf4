using ILGPU;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Elements stored as floats.</summary>
internal readonly struct Fp32Storage(ArrayView<float> view) : IStorage<Fp32Storage>
{
    public readonly ArrayView<float> View = view;

    public static Fp32Storage Of(Tensor tensor) => new(GpuDevice.Floats(tensor));

    public int Length => (int)View.Length;

    public float Load(int at) => View[at];

    public void Store(int at, float value) => View[at] = value;

    public Float4 LoadQuad(int quad) => View.Cast<Float4>()[quad];

    public void StoreQuad(int quad, Float4 value) => View.Cast<Float4>()[quad] = value;
}
