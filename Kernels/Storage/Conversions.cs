using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Tensors in the type that a GPU's kernel takes or writes, where it isn't theirs: floats or bf16.</summary>
internal static class Conversions
{
    /// <summary>The tensor itself, or a copy of the running step; <see cref="Finish"/> takes it back.</summary>
    public static Tensor As(this GpuDevice device, DType type, Tensor tensor)
    {
        if (tensor.Type == type) return tensor;
        var converted = device.New(tensor.Shape, type);
        CastGpu.On(device).Run(tensor, converted);
        return converted;
    }

    /// <summary>Gives the copy back, if it is one.</summary>
    public static void Finish(this GpuDevice device, Tensor original, Tensor used)
    {
        if (used != original) device.GiveBack(used);
    }

    /// <summary>Where a kernel that writes a type is to write: the target, or memory of the running step; <see cref="Deliver"/> brings it home.</summary>
    public static Tensor ToWrite(this GpuDevice device, DType type, Tensor target) => target.Type == type ? target : device.New(target.Shape, type);

    /// <summary>Converts the result into the target, if it was written elsewhere.</summary>
    public static void Deliver(this GpuDevice device, Tensor result, Tensor target)
    {
        if (result == target) return;
        CastGpu.On(device).Run(result, target);
        device.GiveBack(result);
    }
}
