using ILGPU;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Batch normalisation in ILGPU: the same passes as on the CPU, in single precision throughout; activations and their gradients may be stored as bf16.</summary>
internal abstract class BatchNormGpu
{
    /// <summary>The passes for tensors stored as x is, with what is fused to them.</summary>
    public static BatchNormGpu For(Tensor x, Fusion fusion) => x.Type == DType.BFloat16 ? For<Bf16Storage>(x, fusion) : For<Fp32Storage>(x, fusion);

    /// <summary>Constants of each channel from the batch; running statistics. x is read only if its statistics aren't known.</summary>
    public static void Statistics(
        Tensor x, ChannelStatistics? known, Tensor weight, Tensor bias, Tensor runningMean, Tensor runningVariance, float momentum, float epsilon, Tensor constants)
    {
        var rows = known?.Rows ?? Rows(x);
        var partials = known?.Partials ?? x.Device.New(new(3, rows.Tiles, rows.Width));
        if (known is null)
        {
            if (x.Type == DType.BFloat16) On<StatisticsPass<Bf16Storage>>(x, static gpu => new(gpu)).Run(x, partials, rows);
            else On<StatisticsPass<Fp32Storage>>(x, static gpu => new(gpu)).Run(x, partials, rows);
        }
        BatchNormGpuCombination.On(x.Device).Statistics(partials, new BatchNormViews(weight, bias, runningMean, runningVariance, constants), rows, momentum, epsilon);
        partials.Release();
    }

    /// <summary>Constants of each channel from the running statistics.</summary>
    public static void FromRunning(Tensor weight, Tensor bias, Tensor runningMean, Tensor runningVariance, float epsilon, Tensor constants) =>
        BatchNormGpuCombination.On(weight.Device).FromRunning(new BatchNormViews(weight, bias, runningMean, runningVariance, constants), epsilon);

    /// <summary>y from x, the shortcut (null without) and the constants.</summary>
    public abstract void Forward(Tensor x, Tensor? shortcut, Tensor constants, Tensor y);

    /// <summary>Gradients of weight and bias and the terms that dX needs; with a shortcut also g = dY·f′, its gradient.</summary>
    public abstract void Reduce(Tensor x, Tensor dY, Tensor? shortcut, Tensor constants, Tensor? g, Tensor dWeight, Tensor dBias, Tensor terms, bool training);

    /// <summary>dX; with a shortcut dY is g, which the reduction has written.</summary>
    public abstract void Backward(Tensor x, Tensor dY, Tensor constants, Tensor terms, Tensor dX);

    private static BatchNormGpu For<TStorage>(Tensor x, Fusion fusion) where TStorage : struct, IStorage<TStorage> => fusion switch
    {
        Fusion.None => On<Passes<TStorage, FuseNothing>>(x, static gpu => new(gpu)),
        Fusion.Swish => On<Passes<TStorage, FuseSwish>>(x, static gpu => new(gpu)),
        _ => On<Passes<TStorage, FuseAddSwish>>(x, static gpu => new(gpu)),
    };

    private static T On<T>(Tensor x, Func<GpuDevice, T> create) where T : class => ((GpuDevice)x.Device).Kernels(create);

    private static GpuRows Rows(Tensor x) => new(x.Shape.Count, x.Shape[-1]);

    private sealed class StatisticsPass<TStorage>(GpuDevice device) where TStorage : struct, IStorage<TStorage>
    {
        private readonly Action<AcceleratorStream, KernelConfig, TStorage, ArrayView<float>, GpuRows> statistics =
            device.Compile<Action<AcceleratorStream, KernelConfig, TStorage, ArrayView<float>, GpuRows>>(BatchNormGpuKernels.Statistics<TStorage>);

        public void Run(Tensor x, Tensor partials, in GpuRows rows) => statistics(device.Stream, rows.Config, TStorage.Of(x), GpuDevice.Floats(partials), rows);
    }

    private sealed class Passes<TStorage, TFusion>(GpuDevice device) : BatchNormGpu where TStorage : struct, IStorage<TStorage> where TFusion : struct, IFusion
    {
        private readonly Action<AcceleratorStream, KernelConfig, TStorage, TStorage, ArrayView<float>, TStorage, GpuRows> forward =
            device.Compile<Action<AcceleratorStream, KernelConfig, TStorage, TStorage, ArrayView<float>, TStorage, GpuRows>>(BatchNormGpuKernels.Forward<TStorage, TFusion>);

        private readonly Action<AcceleratorStream, KernelConfig, TStorage, TStorage, TStorage, ArrayView<float>, TStorage, ArrayView<float>, GpuRows> reduce =
            device.Compile<Action<AcceleratorStream, KernelConfig, TStorage, TStorage, TStorage, ArrayView<float>, TStorage, ArrayView<float>, GpuRows>>(BatchNormGpuKernels.Reduce<TStorage, TFusion>);

        private readonly Action<AcceleratorStream, KernelConfig, TStorage, TStorage, ArrayView<float>, ArrayView<float>, TStorage, GpuRows> backward =
            device.Compile<Action<AcceleratorStream, KernelConfig, TStorage, TStorage, ArrayView<float>, ArrayView<float>, TStorage, GpuRows>>(BatchNormGpuKernels.Backward<TStorage, TFusion>);

        public override void Forward(Tensor x, Tensor? shortcut, Tensor constants, Tensor y)
        {
            var rows = Rows(x);
            forward(device.Stream, rows.Config, TStorage.Of(x), TStorage.Of(shortcut ?? x), GpuDevice.Floats(constants), TStorage.Of(y), rows);
        }

        public override void Reduce(Tensor x, Tensor dY, Tensor? shortcut, Tensor constants, Tensor? g, Tensor dWeight, Tensor dBias, Tensor terms, bool training)
        {
            var rows = Rows(x);
            var partials = device.New(new(2, rows.Tiles, rows.Width));
            // Without a shortcut neither it nor g is touched; some tensor must stand there.
            reduce(
                device.Stream, rows.Config, TStorage.Of(x), TStorage.Of(dY), TStorage.Of(shortcut ?? x), GpuDevice.Floats(constants), TStorage.Of(g ?? x), GpuDevice.Floats(partials), rows);
            BatchNormGpuCombination.On(device).Sums(partials, constants, dWeight, dBias, terms, rows, training);
            partials.Release();
        }

        public override void Backward(Tensor x, Tensor dY, Tensor constants, Tensor terms, Tensor dX)
        {
            var rows = Rows(x);
            backward(device.Stream, rows.Config, TStorage.Of(x), TStorage.Of(dY), GpuDevice.Floats(constants), GpuDevice.Floats(terms), TStorage.Of(dX), rows);
        }
    }
}
