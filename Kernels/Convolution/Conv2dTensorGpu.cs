using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>2-D convolution and its gradients on tensor cores (<see cref="TensorProductGpu{TElement}"/>): images of the element's type, filters and their gradient in floats.</summary>
/// <typeparam name="TElement">The kind of the factors.</typeparam>
internal sealed class Conv2dTensorGpu<TElement>(GpuDevice device) where TElement : struct, ITensorElement
{
    private readonly TensorProductGpu<TElement> products = TensorProductGpu<TElement>.On(device);
    private readonly FilterCopies copies = FilterCopies.On(device);

    public static Conv2dTensorGpu<TElement> On(GpuDevice device) => device.Kernels(static gpu => new Conv2dTensorGpu<TElement>(gpu));

    /// <summary>Whether 16 bytes hold whole numbers of channels on both sides.</summary>
    public static bool Takes(in ConvGeometry g) => g.C % TensorProductGpu<TElement>.Chunk == 0 && g.K % TensorProductGpu<TElement>.Chunk == 0;

    private static Precision Precision => default(TElement).PerWord == 2 ? Precision.Bf16 : Precision.Tf32;

    /// <summary>Output pixels × (taps, channels) times the weights with C and K exchanged.</summary>
    public ChannelStatistics? Forward(in ConvGeometry g, Tensor x, Tensor weight, Tensor y, bool measured)
    {
        var exchanged = copies.Exchanged(weight, Precision);
        var statistics = products.Rows(GatherPlan.Forward(g), x, exchanged, y, measured);
        device.GiveBack(exchanged);
        return statistics;
    }

    /// <summary>Input pixels × (taps, output channels) times the weights as they are stored; one product for each residue of pixels modulo the stride.</summary>
    public void BackwardInput(in ConvGeometry g, Tensor dY, Tensor weight, Tensor dX, bool add)
    {
        var factors = copies.Rounded(weight, Precision);
        for (var classH = 0; classH < g.Stride; classH++)
            for (var classW = 0; classW < g.Stride; classW++)
                if (GatherPlan.InputGradient(g, classH, classW, add) is { IsIdle: false } plan) products.Rows(plan, dY, factors, dX);
        device.GiveBack(factors);
    }

    /// <summary>(taps, channels) × pixels times dY.</summary>
    public void BackwardWeight(in ConvGeometry g, Tensor x, Tensor dY, Tensor dW) => products.Columns(GatherPlan.Forward(g), x, dY, dW);
}
