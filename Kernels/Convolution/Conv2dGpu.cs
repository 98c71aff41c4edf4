using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>2-D convolution and its gradients on GPUs: which kernels are used, and what is converted for them.</summary>
/// <remarks>
/// y's type and the device's precision decide. Floats at fp32: <see cref="WinogradGpu"/> where that is less work, else <see cref="Conv2dDirectGpu"/>. Floats at tf32, and bf16: <see cref="Conv2dTensorGpu{TElement}"/>, where it takes the channels; else
/// the direct kernels again, on copies in floats of what is bf16.
/// </remarks>
internal sealed class Conv2dGpu(GpuDevice device)
{
    public static Conv2dGpu On(Device device) => ((GpuDevice)device).Kernels(static gpu => new Conv2dGpu(gpu));

    /// <summary>Overwrites y.</summary>
    /// <returns>If asked for, statistics of y's channels; null where y is rounded behind the kernel that computes it, or patches of minimal filtering overshoot.</returns>
    public ChannelStatistics? Forward(in ConvGeometry g, Tensor x, Tensor weight, Tensor y, bool measured)
    {
        var type = TypeFor(g, y.Type);
        Tensor from = device.As(type, x), to = device.ToWrite(type, y);
        measured &= to == y;
        var statistics = type == DType.BFloat16 ? Conv2dTensorGpu<Bf16Element>.On(device).Forward(g, from, weight, to, measured)
            : UsesTf32(g, y.Type) ? Conv2dTensorGpu<Tf32Element>.On(device).Forward(g, from, weight, to, measured)
            : WinogradGpu.Takes(g) ? WinogradGpu.On(device).Forward(g, from, weight, to, measured)
            : Conv2dDirectGpu.On(device).Forward(g, from, weight, to, measured);
        device.Finish(x, from);
        device.Deliver(to, y);
        return statistics;
    }

    /// <summary>Whether <see cref="BackwardInput"/> can add to what dX holds: where nothing is converted on the way.</summary>
    public static bool CanAdd(in ConvGeometry g, DType dY, DType dX) => dY == dX && TypeFor(g, dY) == dX;

    /// <summary>Overwrites dX, or adds to it where <see cref="CanAdd"/> allows it; in bf16 the sum is rounded once.</summary>
    public void BackwardInput(in ConvGeometry g, Tensor dY, Tensor weight, Tensor dX, bool add)
    {
        var type = TypeFor(g, dY.Type);
        Tensor from = device.As(type, dY), to = device.ToWrite(type, dX);
        if (type == DType.BFloat16) Conv2dTensorGpu<Bf16Element>.On(device).BackwardInput(g, from, weight, to, add);
        else if (UsesTf32(g, dY.Type)) Conv2dTensorGpu<Tf32Element>.On(device).BackwardInput(g, from, weight, to, add);
        else if (WinogradGpu.TakesInput(g)) WinogradGpu.On(device).BackwardInput(g, from, weight, to, add);
        else Conv2dDirectGpu.On(device).BackwardInput(g, from, weight, to, add);
        device.Finish(dY, from);
        device.Deliver(to, dX);
    }

    /// <summary>Overwrites dW, which is in floats.</summary>
    public void BackwardWeight(in ConvGeometry g, Tensor x, Tensor dY, Tensor dW)
    {
        var type = TypeFor(g, dY.Type);
        Tensor left = device.As(type, x), right = device.As(type, dY);
        if (type == DType.BFloat16) Conv2dTensorGpu<Bf16Element>.On(device).BackwardWeight(g, left, right, dW);
        else if (UsesTf32(g, dY.Type)) Conv2dTensorGpu<Tf32Element>.On(device).BackwardWeight(g, left, right, dW);
        else if (WinogradGpu.TakesWeights(g)) WinogradWeightsGpu.On(device).Run(g, left, right, dW);
        else Conv2dDirectGpu.On(device).BackwardWeight(g, left, right, dW);
        device.Finish(x, left);
        device.Finish(dY, right);
    }

    // The type of the images that the kernels take for outputs of a type.
    private static DType TypeFor(in ConvGeometry g, DType output) => output == DType.BFloat16 && Conv2dTensorGpu<Bf16Element>.Takes(g) ? DType.BFloat16 : DType.Float32;

    private bool UsesTf32(in ConvGeometry g, DType output) => output == DType.Float32 && device.Precision == Precision.Tf32 && Conv2dTensorGpu<Tf32Element>.Takes(g);
}
