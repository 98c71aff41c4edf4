using ILGPU;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Bandwidth of an ILGPU device's memory: copy and read, 16 bytes a thread at a time.</summary>
internal sealed class GpuTraffic : IDisposable
{
    // Five times the 50 MiB of an H100's second-level cache.
    private const long ArrayBytes = 256L << 20;
    private const int GroupSize = 256;
    private const int ReadsPerThread = 8;
    private const int Vectors = (int)(ArrayBytes / 16);
    private const int Launches = 4;

    private readonly GpuDevice device;
    private readonly Tensor from, to;
    private readonly Launchers launchers;

    public GpuTraffic(GpuDevice device)
    {
        this.device = device;
        launchers = device.Kernels(static gpu => new Launchers(gpu));
        from = device.NewKept(new Shape((int)(ArrayBytes / sizeof(float))));
        to = device.NewKept(from.Shape);
        device.Fill(from, 1);
    }

    /// <summary>10⁹ bytes per second, read and written ones together.</summary>
    public double Copy() => Launches * 2.0 * ArrayBytes / Ceilings.Fastest(() =>
    {
        for (var i = 0; i < Launches; i++)
            launchers.Copy(device.Stream, new KernelConfig(Vectors / GroupSize, GroupSize), GpuDevice.Floats(from).Cast<Float4>(), GpuDevice.Floats(to).Cast<Float4>());
        device.Synchronize();
    }) / 1e9;

    /// <summary>10⁹ bytes per second.</summary>
    public double Read() => Launches * (double)ArrayBytes / Ceilings.Fastest(() =>
    {
        for (var i = 0; i < Launches; i++)
            launchers.Read(device.Stream, new KernelConfig(Vectors / GroupSize / ReadsPerThread, GroupSize), GpuDevice.Floats(from).Cast<Float4>(), GpuDevice.Floats(to));
        device.Synchronize();
    }) / 1e9;

    public void Dispose()
    {
        device.Free(from);
        device.Free(to);
    }

    private static void CopyKernel(ArrayView<Float4> from, ArrayView<Float4> to) => to[Grid.GlobalIndex.X] = from[Grid.GlobalIndex.X];

    // Neighbouring threads read neighbouring vectors; each thread's next one lies a group further on.
    private static void ReadKernel(ArrayView<Float4> from, ArrayView<float> sums)
    {
        var at = Grid.IdxX * GroupSize * ReadsPerThread + Group.IdxX;
        var sum = 0f;
        for (var i = 0; i < ReadsPerThread; i++)
        {
            var four = from[at + i * GroupSize];
            sum += four.X + four.Y + four.Z + four.W;
        }
        sums[Grid.GlobalIndex.X] = sum;
    }

    private sealed class Launchers(GpuDevice device)
    {
        public readonly Action<AcceleratorStream, KernelConfig, ArrayView<Float4>, ArrayView<Float4>> Copy =
            device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<Float4>, ArrayView<Float4>>>(CopyKernel);

        public readonly Action<AcceleratorStream, KernelConfig, ArrayView<Float4>, ArrayView<float>> Read =
            device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<Float4>, ArrayView<float>>>(ReadKernel);
    }
}
