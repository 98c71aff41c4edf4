using ILGPU;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Batch normalisation in ILGPU: the same passes as on the CPU, in single precision throughout.</summary>
internal sealed class BatchNormGpu(GpuDevice device)
{
    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, GpuRows> statistics =
        device.Accelerator.LoadKernel<ArrayView<float>, ArrayView<float>, GpuRows>(BatchNormGpuKernels.Statistics);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, BatchNormViews, GpuRows, float, float> combineStatistics =
        device.Accelerator.LoadKernel<ArrayView<float>, BatchNormViews, GpuRows, float, float>(BatchNormGpuCombination.Statistics);

    private readonly Action<AcceleratorStream, KernelConfig, BatchNormViews, float> fromRunning =
        device.Accelerator.LoadKernel<BatchNormViews, float>(BatchNormGpuCombination.FromRunning);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, GpuRows, int> forward =
        device.Accelerator.LoadKernel<ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, GpuRows, int>(BatchNormGpuKernels.Forward);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, GpuRows, int> reduce =
        device.Accelerator.LoadKernel<ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, GpuRows, int>(BatchNormGpuKernels.Reduce);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, GpuRows, int> combineSums =
        device.Accelerator.LoadKernel<ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, GpuRows, int>(BatchNormGpuCombination.Sums);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, GpuRows, int> backward =
        device.Accelerator.LoadKernel<ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, GpuRows, int>(BatchNormGpuKernels.Backward);

    public static BatchNormGpu On(Device device) => ((GpuDevice)device).Kernels(static gpu => new BatchNormGpu(gpu));

    public void Statistics(Tensor x, Tensor weight, Tensor bias, Tensor runningMean, Tensor runningVariance, float momentum, float epsilon, Tensor constants)
    {
        var rows = Rows(x);
        var partials = device.New(new(3, rows.Tiles, rows.Width));
        statistics(device.Stream, rows.Config, GpuDevice.Floats(x), GpuDevice.Floats(partials), rows);
        combineStatistics(
            device.Stream, Combination(rows), GpuDevice.Floats(partials), new BatchNormViews(weight, bias, runningMean, runningVariance, constants), rows, momentum, epsilon);
        partials.Release();
    }

    public void FromRunning(Tensor weight, Tensor bias, Tensor runningMean, Tensor runningVariance, float epsilon, Tensor constants) =>
        fromRunning(device.Stream, Elements.Config(weight.Shape.Count), new BatchNormViews(weight, bias, runningMean, runningVariance, constants), epsilon);

    public void Forward(Tensor x, Tensor? shortcut, Tensor constants, Tensor y, Fusion fusion)
    {
        var rows = Rows(x);
        forward(device.Stream, rows.Config, GpuDevice.Floats(x), GpuDevice.Floats(shortcut ?? x), GpuDevice.Floats(constants), GpuDevice.Floats(y), rows, (int)fusion);
    }

    public void Reduce(Tensor x, Tensor dY, Tensor? shortcut, Tensor constants, Tensor? g, Tensor dWeight, Tensor dBias, Tensor terms, bool training, Fusion fusion)
    {
        var rows = Rows(x);
        var partials = device.New(new(2, rows.Tiles, rows.Width));
        reduce(
            device.Stream, rows.Config, GpuDevice.Floats(x), GpuDevice.Floats(dY), GpuDevice.Floats(shortcut ?? x), GpuDevice.Floats(constants), GpuDevice.Floats(g ?? partials),
            GpuDevice.Floats(partials), rows, (int)fusion);
        combineSums(
            device.Stream, Combination(rows), GpuDevice.Floats(partials), GpuDevice.Floats(constants), GpuDevice.Floats(dWeight), GpuDevice.Floats(dBias), GpuDevice.Floats(terms), rows,
            training ? 1 : 0);
        partials.Release();
    }

    public void Backward(Tensor x, Tensor dY, Tensor constants, Tensor terms, Tensor dX, Fusion fusion)
    {
        var rows = Rows(x);
        backward(
            device.Stream, rows.Config, GpuDevice.Floats(x), GpuDevice.Floats(dY), GpuDevice.Floats(constants), GpuDevice.Floats(terms), GpuDevice.Floats(dX), rows, (int)fusion);
    }

    private static GpuRows Rows(Tensor x) => new(x.Shape.Count, x.Shape[-1]);

    private static KernelConfig Combination(in GpuRows rows) =>
        new((rows.Channels + BatchNormGpuCombination.GroupChannels - 1) / BatchNormGpuCombination.GroupChannels, GpuRows.GroupSize);
}

/// <summary>The per-channel tensors of one call.</summary>
internal readonly struct BatchNormViews(Tensor weight, Tensor bias, Tensor runningMean, Tensor runningVariance, Tensor constants)
{
    public readonly ArrayView<float> Weight = GpuDevice.Floats(weight);
    public readonly ArrayView<float> Bias = GpuDevice.Floats(bias);
    public readonly ArrayView<float> RunningMean = GpuDevice.Floats(runningMean);
    public readonly ArrayView<float> RunningVariance = GpuDevice.Floats(runningVariance);
    public readonly ArrayView<float> Constants = GpuDevice.Floats(constants);
}
