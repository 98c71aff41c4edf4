using ILGPU;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>The latent penalty in ILGPU: sums over tiles of fixed size, one group each, then one group that adds the sums.</summary>
internal sealed class LatentPenaltyGpu(GpuDevice device)
{
    // 16 elements a thread: 128 × 2048 latents make 128 groups, about one for each multiprocessor of a large GPU.
    private const int TileElements = 16 * GroupReduction.Size;

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>> tileKernel =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>>>(TileKernel);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, int> meanKernel =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, int>>(MeanKernel);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>> backward =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>>>(BackwardKernel);

    public static LatentPenaltyGpu On(Device device) => ((GpuDevice)device).Kernels(static gpu => new LatentPenaltyGpu(gpu));

    public void Forward(Tensor z, Tensor gamma, Tensor y)
    {
        var tiles = (z.Shape.Count + TileElements - 1) / TileElements;
        var sums = device.New(new Shape(tiles));
        tileKernel(device.Stream, (tiles, GroupReduction.Size), GpuDevice.Floats(z), GpuDevice.Floats(gamma), GpuDevice.Floats(sums));
        meanKernel(device.Stream, (1, GroupReduction.Size), GpuDevice.Floats(sums), GpuDevice.Floats(y), z.Shape.Count);
    }

    public void Backward(Tensor z, Tensor gamma, Tensor dY, Tensor dZ) =>
        backward(device.Stream, Elements.Config(z.Shape.Count), GpuDevice.Floats(z), GpuDevice.Floats(gamma), GpuDevice.Floats(dY), GpuDevice.Floats(dZ));

    private static void TileKernel(ArrayView<float> z, ArrayView<float> gamma, ArrayView<float> sums)
    {
        var start = Grid.IdxX * TileElements;
        var count = (int)z.Length;
        var end = count - start < TileElements ? count : start + TileElements;
        var sum = 0f;
        for (var i = start + Group.IdxX; i < end; i += GroupReduction.Size) sum += gamma[0] * z[i] * z[i];
        sum = GroupReduction.Sum(sum);
        if (Group.IdxX == 0) sums[Grid.IdxX] = sum;
    }

    private static void MeanKernel(ArrayView<float> sums, ArrayView<float> y, int count)
    {
        var sum = GroupReduction.Sum(ChainedSum.Share(sums, 0, (int)sums.Length));
        if (Group.IdxX == 0) y[0] = sum / count;
    }

    private static void BackwardKernel(ArrayView<float> z, ArrayView<float> gamma, ArrayView<float> dY, ArrayView<float> dZ)
    {
        var i = Elements.Index;
        if (i >= dZ.Length) return;
        dZ[i] = gamma[0] * z[i] * (2f / (int)z.Length * dY[0]);
    }
}
