using ILGPU;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>The weight gradient of <see cref="WinogradGpu"/>, its adjoint: dW = Gᵀ[Σ over patches (Bᵀ d B) ⊙ (A dy Aᵀ)]G.</summary>
internal sealed class WinogradWeightsGpu(GpuDevice device)
{
    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, WinogradPlan> outputAdjoint =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, WinogradPlan>>(WinogradKernelsGpu.OutputAdjointKernel);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, int> filterAdjoint =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, int>>(WinogradKernelsGpu.FilterAdjointKernel);

    public static WinogradWeightsGpu On(GpuDevice device) => device.Kernels(static gpu => new WinogradWeightsGpu(gpu));

    /// <summary>Overwrites dW.</summary>
    public void Run(in ConvGeometry g, Tensor x, Tensor dY, Tensor dW)
    {
        var outputs = WinogradPlan.Outputs(g);
        Tensor left = WinogradGpu.On(device).Positions(WinogradPlan.Inputs(g), x), right = device.New(new(WinogradPlan.Positions, outputs.Patches, g.K)), products = device.New(new(WinogradPlan.Positions, g.C, g.K));
        outputAdjoint(device.Stream, Elements.Config(outputs.Patches * g.K), GpuDevice.Floats(dY), GpuDevice.Floats(right), outputs);
        TileProductGpu.On(device).ColumnsOfBatch(WinogradPlan.Positions, outputs.Patches, g.C, g.K, left, right, products);
        filterAdjoint(device.Stream, Elements.Config(g.C * g.K), GpuDevice.Floats(products), GpuDevice.Floats(dW), g.C * g.K);
        device.GiveBack(left);
        device.GiveBack(right);
        device.GiveBack(products);
    }
}
