using ILGPU;
using ILGPU.Runtime;

namespace LpcEngine.Engine;

/// <summary>The kernels that memory operations need: fill and accumulate, for floats and for bf16.</summary>
internal sealed class GpuMemoryKernels(GpuDevice device)
{
    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, float> fill =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, float>>(FillKernel);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>> accumulate =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>>>(AccumulateKernel);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<ushort>, float> fillHalves =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<ushort>, float>>(FillHalvesKernel);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<ushort>, ArrayView<ushort>> accumulateHalves =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<ushort>, ArrayView<ushort>>>(AccumulateHalvesKernel);

    public void Fill(ArrayView<float> into, float value) => fill(device.Stream, Elements.Config((int)into.Length), into, value);

    public void Accumulate(ArrayView<float> into, ArrayView<float> from) => accumulate(device.Stream, Elements.Config((int)into.Length), into, from);

    public void Fill(ArrayView<ushort> into, float value) => fillHalves(device.Stream, Elements.Config((int)into.Length), into, value);

    public void Accumulate(ArrayView<ushort> into, ArrayView<ushort> from) => accumulateHalves(device.Stream, Elements.QuadConfig((int)into.Length), into, from);

    private static void FillKernel(ArrayView<float> into, float value)
    {
        var i = Elements.Index;
        if (i >= into.Length) return;
        into[i] = value;
    }

    private static void AccumulateKernel(ArrayView<float> into, ArrayView<float> from)
    {
        var i = Elements.Index;
        if (i >= into.Length) return;
        into[i] += from[i];
    }

    private static void FillHalvesKernel(ArrayView<ushort> into, float value)
    {
        var i = Elements.Index;
        if (i >= into.Length) return;
        into[i] = BFloat16.FromFloat(value);
    }

    private static void AccumulateHalvesKernel(ArrayView<ushort> into, ArrayView<ushort> from)
    {
        int quad = Elements.Index, count = (int)into.Length;
        if (quad < count >> 2)
        {
            BFloat16x4 a = into.Cast<BFloat16x4>()[quad], b = from.Cast<BFloat16x4>()[quad];
            into.Cast<BFloat16x4>()[quad] = new BFloat16x4(a.X + b.X, a.Y + b.Y, a.Z + b.Z, a.W + b.W);
            return;
        }
        if (quad > count >> 2) return;
        for (var i = quad * 4; i < count; i++) into[i] = BFloat16.FromFloat(BFloat16.ToFloat(into[i]) + BFloat16.ToFloat(from[i]));
    }
}
