using ILGPU;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Elements stored as bf16 (see <see cref="BFloat16"/>).</summary>
internal readonly struct Bf16Storage(ArrayView<ushort> view) : IStorage<Bf16Storage>
{
    public readonly ArrayView<ushort> View = view;

    public static Bf16Storage Of(Tensor tensor) => new(GpuDevice.BFloats(tensor));

    public int Length => (int)View.Length;

    public float Load(int at) => BFloat16.ToFloat(View[at]);

    public void Store(int at, float value) => View[at] = BFloat16.FromFloat(value);

    public Float4 LoadQuad(int quad)
    {
        var four = View.Cast<BFloat16x4>()[quad];
        return new Float4(four.X, four.Y, four.Z, four.W);
    }

    public void StoreQuad(int quad, Float4 value) => View.Cast<BFloat16x4>()[quad] = new BFloat16x4(value.X, value.Y, value.Z, value.W);
}
