using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>A row of losses on the CPU.</summary>
internal static unsafe class LossHistoryCpu
{
    public static void Write(Tensor history, Tensor step, Tensor crossEntropy, Tensor? penalty, Tensor? contrastive)
    {
        var row = *CpuDevice.Ints(step) - 1;
        if (row < 0 || row >= history.Shape[0]) return;
        var losses = CpuDevice.Floats(history) + row * LossHistoryOp.Width;
        losses[0] = *CpuDevice.Floats(crossEntropy);
        losses[1] = penalty is null ? 0 : *CpuDevice.Floats(penalty);
        losses[2] = contrastive is null ? 0 : *CpuDevice.Floats(contrastive);
    }
}
