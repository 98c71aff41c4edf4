using ILGPU;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Batch normalisation in ILGPU: the same passes as on the CPU, in single precision throughout; activations and their gradients may be stored as bf16.</summary>
internal abstract class BatchNormGpu
{
    /// <summary>The passes for tensors stored as x is.</summary>
    public static BatchNormGpu For(Tensor x) => x.Type == DType.BFloat16 ? On<Bf16Storage>(x.Device) : On<Fp32Storage>(x.Device);

    /// <summary>Constants of each channel from the batch; running statistics.</summary>
    public abstract void Statistics(Tensor x, Tensor weight, Tensor bias, Tensor runningMean, Tensor runningVariance, float momentum, float epsilon, Tensor constants);

    /// <summary>Constants of each channel from the running statistics.</summary>
    public static void FromRunning(Tensor weight, Tensor bias, Tensor runningMean, Tensor runningVariance, float epsilon, Tensor constants) =>
        BatchNormGpuCombination.On(weight.Device).FromRunning(new BatchNormViews(weight, bias, runningMean, runningVariance, constants), epsilon);

    /// <summary>y from x, the shortcut (null without) and the constants.</summary>
    public abstract void Forward(Tensor x, Tensor? shortcut, Tensor constants, Tensor y, Fusion fusion);

    /// <summary>Gradients of weight and bias and the terms that dX needs; with a shortcut also g = dY·f′, its gradient.</summary>
    public abstract void Reduce(Tensor x, Tensor dY, Tensor? shortcut, Tensor constants, Tensor? g, Tensor dWeight, Tensor dBias, Tensor terms, bool training, Fusion fusion);

    /// <summary>dX, where dY is g if the reduction has written it.</summary>
    public abstract void Backward(Tensor x, Tensor dY, Tensor constants, Tensor terms, Tensor dX, Fusion fusion);

    private static BatchNormGpu On<TStorage>(Device device) where TStorage : struct, IStorage<TStorage> => ((GpuDevice)device).Kernels(static gpu => new Passes<TStorage>(gpu));

    private sealed class Passes<TStorage>(GpuDevice device) : BatchNormGpu where TStorage : struct, IStorage<TStorage>
    {
        private readonly Action<AcceleratorStream, KernelConfig, TStorage, ArrayView<float>, GpuRows> statistics =
            device.Accelerator.LoadKernel<TStorage, ArrayView<float>, GpuRows>(BatchNormGpuKernels.Statistics);

        private readonly Action<AcceleratorStream, KernelConfig, TStorage, TStorage, ArrayView<float>, TStorage, GpuRows, int> forward =
            device.Accelerator.LoadKernel<TStorage, TStorage, ArrayView<float>, TStorage, GpuRows, int>(BatchNormGpuKernels.Forward);

        private readonly Action<AcceleratorStream, KernelConfig, TStorage, TStorage, TStorage, ArrayView<float>, TStorage, ArrayView<float>, GpuRows, int> reduce =
            device.Accelerator.LoadKernel<TStorage, TStorage, TStorage, ArrayView<float>, TStorage, ArrayView<float>, GpuRows, int>(BatchNormGpuKernels.Reduce);

        private readonly Action<AcceleratorStream, KernelConfig, TStorage, TStorage, ArrayView<float>, ArrayView<float>, TStorage, GpuRows, int> backward =
            device.Accelerator.LoadKernel<TStorage, TStorage, ArrayView<float>, ArrayView<float>, TStorage, GpuRows, int>(BatchNormGpuKernels.Backward);

        public override void Statistics(Tensor x, Tensor weight, Tensor bias, Tensor runningMean, Tensor runningVariance, float momentum, float epsilon, Tensor constants)
        {
            var rows = Rows(x);
            var partials = device.New(new(3, rows.Tiles, rows.Width));
            statistics(device.Stream, rows.Config, TStorage.Of(x), GpuDevice.Floats(partials), rows);
            BatchNormGpuCombination.On(device).Statistics(partials, new BatchNormViews(weight, bias, runningMean, runningVariance, constants), rows, momentum, epsilon);
            partials.Release();
        }

        public override void Forward(Tensor x, Tensor? shortcut, Tensor constants, Tensor y, Fusion fusion)
        {
            var rows = Rows(x);
            forward(device.Stream, rows.Config, TStorage.Of(x), TStorage.Of(shortcut ?? x), GpuDevice.Floats(constants), TStorage.Of(y), rows, (int)fusion);
        }

        public override void Reduce(Tensor x, Tensor dY, Tensor? shortcut, Tensor constants, Tensor? g, Tensor dWeight, Tensor dBias, Tensor terms, bool training, Fusion fusion)
        {
            var rows = Rows(x);
            var partials = device.New(new(2, rows.Tiles, rows.Width));
            // Without a shortcut neither it nor g is touched; some tensor must stand there.
            reduce(
                device.Stream, rows.Config, TStorage.Of(x), TStorage.Of(dY), TStorage.Of(shortcut ?? x), GpuDevice.Floats(constants), TStorage.Of(g ?? x), GpuDevice.Floats(partials), rows,
                (int)fusion);
            BatchNormGpuCombination.On(device).Sums(partials, constants, dWeight, dBias, terms, rows, training);
            partials.Release();
        }

        public override void Backward(Tensor x, Tensor dY, Tensor constants, Tensor terms, Tensor dX, Fusion fusion)
        {
            var rows = Rows(x);
            backward(device.Stream, rows.Config, TStorage.Of(x), TStorage.Of(dY), GpuDevice.Floats(constants), GpuDevice.Floats(terms), TStorage.Of(dX), rows, (int)fusion);
        }

        private static GpuRows Rows(Tensor x) => new(x.Shape.Count, x.Shape[-1]);
    }
}
