using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>What operations on activations ask of their inputs' types: floats anywhere, or bf16 where there are kernels for it.</summary>
internal static class Activations
{
    /// <summary>Refuses bf16 on a device without kernels for it.</summary>
    /// <exception cref="KernelMissingException">x is bf16 on the cpu.</exception>
    public static void Check(string operation, Tensor x)
    {
        if (x.Type == DType.BFloat16 && x.Device is CpuDevice) throw new KernelMissingException(operation, x.Device.Name, Precision.Bf16);
    }

    /// <summary>Refuses two inputs that are stored differently, too.</summary>
    /// <exception cref="KernelMissingException">x is bf16 on the cpu.</exception>
    /// <exception cref="ArgumentException">The types differ.</exception>
    public static void Check(string operation, Tensor x, Tensor other)
    {
        if (other.Type != x.Type) throw new ArgumentException($"{operation}: the inputs are {x} and {other}; they must be of one type. Cast one of them.");
        Check(operation, x);
    }
}
