using ILGPU;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Conversions in ILGPU: four neighbours a thread, 16 bytes of floats on one side and 8 of bf16 on the other.</summary>
internal sealed class CastGpu(GpuDevice device)
{
    private readonly Action<AcceleratorStream, KernelConfig, Fp32Storage, Bf16Storage> narrow =
        device.Compile<Action<AcceleratorStream, KernelConfig, Fp32Storage, Bf16Storage>>(Kernel<Fp32Storage, Bf16Storage>);

    private readonly Action<AcceleratorStream, KernelConfig, Bf16Storage, Fp32Storage> widen =
        device.Compile<Action<AcceleratorStream, KernelConfig, Bf16Storage, Fp32Storage>>(Kernel<Bf16Storage, Fp32Storage>);

    public static CastGpu On(Device device) => ((GpuDevice)device).Kernels(static gpu => new CastGpu(gpu));

    /// <summary>Converts from one type to the other.</summary>
    public void Run(Tensor from, Tensor to)
    {
        var config = Elements.QuadConfig(to.Shape.Count);
        if (to.Type == DType.BFloat16) narrow(device.Stream, config, Fp32Storage.Of(from), Bf16Storage.Of(to));
        else widen(device.Stream, config, Bf16Storage.Of(from), Fp32Storage.Of(to));
    }

    private static void Kernel<TFrom, TTo>(TFrom from, TTo to) where TFrom : struct, IStorage<TFrom> where TTo : struct, IStorage<TTo>
    {
        int quad = Elements.Index, whole = to.Length >> 2;
        if (quad < whole)
        {
            to.StoreQuad(quad, from.LoadQuad(quad));
            return;
        }
        if (quad > whole) return;
        for (var i = quad * 4; i < to.Length; i++) to.Store(i, from.Load(i));
    }
}
