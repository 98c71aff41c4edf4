using ILGPU;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Peak rate of multiply-adds of an ILGPU device.</summary>
/// <remarks>
/// Each thread takes 64 steps of eight independent chains, 512 multiply-adds without a loop: what remains around them weighs 2 %. Drivers
/// contract a·x + b into one instruction. PoCL draws about 42 GFLOP/s from two cores whose peak is 236: there the figure is what its
/// compiler makes of such a kernel, not what the processor could do.
/// </remarks>
internal sealed class GpuArithmetic(GpuDevice device)
{
    private const int GroupSize = 256;
    private const double FlopsPerThread = 2 * 8 * 64;
    private const double LeastSeconds = 2e-3;
    private const int MostGroups = 1 << 16;

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, float, float> kernel =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, float, float>>(Kernel);

    public static double Measure(GpuDevice device)
    {
        var arithmetic = device.Kernels(static gpu => new GpuArithmetic(gpu));
        var result = device.NewKept(new Shape(MostGroups * GroupSize));
        try
        {
            // Short runs find quiet moments of a shared machine; long ones hide the launch.
            var groups = 256;
            arithmetic.Seconds(result, groups); // compiles
            double quick;
            for (quick = arithmetic.Seconds(result, groups); quick < LeastSeconds && groups < MostGroups; quick = arithmetic.Seconds(result, groups)) groups *= 2;
            var launches = (int)Math.Ceiling(LeastSeconds / quick);
            var seconds = Ceilings.Fastest(() =>
            {
                for (var i = 0; i < launches; i++) arithmetic.Launch(result, groups);
                device.Synchronize();
            });
            return FlopsPerThread * launches * groups * GroupSize / seconds / 1e9;
        }
        finally
        {
            device.Free(result);
        }
    }

    private double Seconds(Tensor result, int groups)
    {
        var start = System.Diagnostics.Stopwatch.GetTimestamp();
        Launch(result, groups);
        device.Synchronize();
        return System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private void Launch(Tensor result, int groups) =>
        kernel(device.Stream, new KernelConfig(groups, GroupSize), GpuDevice.Floats(result), 0.999f, 0.001f);

    private static void Kernel(ArrayView<float> result, float a, float b)
    {
        var i = Grid.GlobalIndex.X;
        var x = new Chains(i, b).Steps16(a, b).Steps16(a, b).Steps16(a, b).Steps16(a, b);
        result[i] = x.Sum;
    }

    // A struct of scalars lives in registers; an array would live in memory.
    private readonly struct Chains(float x0, float x1, float x2, float x3, float x4, float x5, float x6, float x7)
    {
        private readonly float x0 = x0, x1 = x1, x2 = x2, x3 = x3, x4 = x4, x5 = x5, x6 = x6, x7 = x7;

        public Chains(float x, float b) : this(x, x + b, x + 2 * b, x + 3 * b, x + 4 * b, x + 5 * b, x + 6 * b, x + 7 * b) { }

        public float Sum => x0 + x1 + x2 + x3 + x4 + x5 + x6 + x7;

        public Chains Steps16(float a, float b) => Steps4(a, b).Steps4(a, b).Steps4(a, b).Steps4(a, b);

        private Chains Steps4(float a, float b) => Step(a, b).Step(a, b).Step(a, b).Step(a, b);

        private Chains Step(float a, float b) =>
            new(x0 * a + b, x1 * a + b, x2 * a + b, x3 * a + b, x4 * a + b, x5 * a + b, x6 * a + b, x7 * a + b);
    }
}
