using ILGPU;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>A function of one or two elements and a number, for <see cref="ElementwiseGpu"/>.</summary>
internal interface IElementwiseGpu
{
    /// <summary>Whether there is a second tensor.</summary>
    static abstract bool IsBinary { get; }

    /// <summary>The function. <paramref name="b"/> is zero where there's no second tensor.</summary>
    static abstract float Apply(float a, float b, float parameter);
}

/// <summary>All operations in ILGPU whose elements don't meet: four neighbours a thread, so that each access is 16 bytes of floats or 8 of bf16.</summary>
internal static class ElementwiseGpu
{
    /// <summary>y = f(a, b, parameter), all of one type. The result may lie in the place of an input.</summary>
    public static void Run<TFunction>(Tensor a, Tensor? b, Tensor y, float parameter = 0f) where TFunction : struct, IElementwiseGpu
    {
        if (a.Type == DType.BFloat16) Run<TFunction, Bf16Storage>(a, b, y, parameter);
        else Run<TFunction, Fp32Storage>(a, b, y, parameter);
    }

    private static void Run<TFunction, TStorage>(Tensor a, Tensor? b, Tensor y, float parameter) where TFunction : struct, IElementwiseGpu where TStorage : struct, IStorage<TStorage> =>
        ((GpuDevice)a.Device).Kernels(static gpu => new Launcher<TFunction, TStorage>(gpu)).Run(TStorage.Of(a), TStorage.Of(b ?? a), TStorage.Of(y), parameter);

    private sealed class Launcher<TFunction, TStorage>(GpuDevice device) where TFunction : struct, IElementwiseGpu where TStorage : struct, IStorage<TStorage>
    {
        private readonly Action<AcceleratorStream, KernelConfig, TStorage, TStorage, TStorage, float> launch =
            device.Compile<Action<AcceleratorStream, KernelConfig, TStorage, TStorage, TStorage, float>>(Kernel);

        public void Run(TStorage a, TStorage b, TStorage y, float parameter) => launch(device.Stream, Elements.QuadConfig(y.Length), a, b, y, parameter);

        private static void Kernel(TStorage a, TStorage b, TStorage y, float parameter)
        {
            int quad = Elements.Index, whole = y.Length >> 2;
            if (quad < whole)
            {
                Float4 u = a.LoadQuad(quad), v = TFunction.IsBinary ? b.LoadQuad(quad) : Float4.All(0f);
                y.StoreQuad(quad, new Float4(
                    TFunction.Apply(u.X, v.X, parameter), TFunction.Apply(u.Y, v.Y, parameter), TFunction.Apply(u.Z, v.Z, parameter), TFunction.Apply(u.W, v.W, parameter)));
                return;
            }
            // The last elements, fewer than four, are one thread's.
            if (quad > whole) return;
            for (var i = quad * 4; i < y.Length; i++) y.Store(i, TFunction.Apply(a.Load(i), TFunction.IsBinary ? b.Load(i) : 0f, parameter));
        }
    }
}
