using ILGPU;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Rounds floats to tf32, to a copy or in place: what <see cref="TensorProductGpu{TElement}.Rows(in GatherPlan, Tensor, Tensor, Tensor, bool)"/> wants of its matrix.</summary>
internal sealed class Tf32RoundingGpu(GpuDevice device)
{
    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<int>, ArrayView<int>> round =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<int>, ArrayView<int>>>(Kernel);

    public static Tf32RoundingGpu On(GpuDevice device) => device.Kernels(static gpu => new Tf32RoundingGpu(gpu));

    /// <summary>Rounds all elements.</summary>
    /// <param name="from">Floats.</param>
    /// <param name="to">As many; may be the same memory.</param>
    public void Run(Tensor from, Tensor to) => round(device.Stream, Elements.Config(to.Shape.Count), GpuDevice.Words(from), GpuDevice.Words(to));

    private static void Kernel(ArrayView<int> from, ArrayView<int> to)
    {
        var i = Elements.Index;
        if (i < to.Length) to[i] = Tf32.Round(from[i]);
    }
}
