using ILGPU;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>A row of losses in ILGPU: three numbers, one thread.</summary>
internal sealed class LossHistoryGpu(GpuDevice device)
{
    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<int>, ArrayView<float>, ArrayView<float>, ArrayView<float>, int, int> write =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<int>, ArrayView<float>, ArrayView<float>, ArrayView<float>, int, int>>(Kernel);

    public static LossHistoryGpu On(Device device) => ((GpuDevice)device).Kernels(static gpu => new LossHistoryGpu(gpu));

    public void Write(Tensor history, Tensor step, Tensor crossEntropy, Tensor? penalty, Tensor? contrastive) => write(
        device.Stream, new KernelConfig(1, 1), GpuDevice.Floats(history), GpuDevice.Ints(step), GpuDevice.Floats(crossEntropy), GpuDevice.Floats(penalty ?? crossEntropy),
        GpuDevice.Floats(contrastive ?? crossEntropy), penalty is null ? 0 : 1, contrastive is null ? 0 : 1);

    private static void Kernel(
        ArrayView<float> history, ArrayView<int> step, ArrayView<float> crossEntropy, ArrayView<float> penalty, ArrayView<float> contrastive, int hasPenalty, int hasContrastive)
    {
        var at = (step[0] - 1) * LossHistoryOp.Width;
        if (at < 0 || at >= (int)history.Length) return;
        history[at] = crossEntropy[0];
        history[at + 1] = hasPenalty != 0 ? penalty[0] : 0f;
        history[at + 2] = hasContrastive != 0 ? contrastive[0] : 0f;
    }
}
