using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>2-D convolution and its gradients of floats in ILGPU, as implicit matrix products (<see cref="TileProductGpu"/>).</summary>
internal sealed class Conv2dDirectGpu(GpuDevice device)
{
    private readonly TileProductGpu tiles = TileProductGpu.On(device);

    public static Conv2dDirectGpu On(GpuDevice device) => device.Kernels(static gpu => new Conv2dDirectGpu(gpu));

    /// <summary>Output pixels × (taps, channels) times the weights as they are stored.</summary>
    public ChannelStatistics? Forward(in ConvGeometry g, Tensor x, Tensor weight, Tensor y, bool measured) => tiles.Rows(GatherPlan.Forward(g), x, weight, null, y, measured);

    /// <summary>
    /// Input pixels × (taps, output channels) times the weights with C and K exchanged; one product for each residue of pixels modulo the
    /// stride.
    /// </summary>
    /// <remarks>
    /// With stride 2 the residues save three quarters of the arithmetic: no product with a pixel that the filter skipped.
    /// </remarks>
    public void BackwardInput(in ConvGeometry g, Tensor dY, Tensor weight, Tensor dX, bool add)
    {
        var exchanged = FilterCopies.On(device).Exchanged(weight, Precision.Fp32);
        for (var classH = 0; classH < g.Stride; classH++)
            for (var classW = 0; classW < g.Stride; classW++)
                if (GatherPlan.InputGradient(g, classH, classW, add) is { IsIdle: false } plan) tiles.Rows(plan, dY, exchanged, null, dX);
        device.GiveBack(exchanged);
    }

    /// <summary>(taps, channels) × pixels times dY.</summary>
    public void BackwardWeight(in ConvGeometry g, Tensor x, Tensor dY, Tensor dW) => tiles.Columns(GatherPlan.Forward(g), x, dY, dW);
}
