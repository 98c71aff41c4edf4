using LpcEngine.Engine;
using LpcEngine.Experiments.Training;
using LpcEngine.Kernels;

namespace LpcEngine.Experiments.Robustness;

/// <summary>Chosen images in host memory, batch by batch, for measurements that take one pass or a few of each.</summary>
internal static class ImageBatches
{
    /// <summary>Shows each batch.</summary>
    /// <param name="network">The network that will look at them.</param>
    /// <param name="device">Where it lives.</param>
    /// <param name="images">The images.</param>
    /// <param name="chosen">Indices of those to show.</param>
    /// <param name="batch">How many at a time.</param>
    /// <param name="show">Is told the place of the batch's first image among the chosen, and the normalised images [count, H, W, C].</param>
    /// <param name="cancelled">Ends it before a batch.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static void Each(
        FrozenNetwork network, Device device, DeviceImages images, int[] chosen, int batch, Action<int, float[]> show, CancellationToken cancelled)
    {
        var epoch = device.NewKept(new Shape(1), DType.Int32);
        try
        {
            for (var start = 0; start < chosen.Length; start += batch)
            {
                cancelled.ThrowIfCancellationRequested();
                var count = Math.Min(batch, chosen.Length - start);
                var pixels = new float[count * network.ImageLength];
                device.Step(() => images.Batch(chosen.AsSpan(start, count), ImageAugmentation.None, 0, epoch).Images.CopyTo(pixels.AsSpan()));
                show(start, pixels);
            }
        }
        finally
        {
            device.Free(epoch);
        }
    }

    /// <summary>The logits of a batch [count, classes], in a step of their own.</summary>
    public static float[] Logits(FrozenNetwork network, Device device, float[] normalised)
    {
        var logits = new float[normalised.Length / network.ImageLength * network.Model.Classes];
        device.Step(() => network.Forward(normalised, normalised.Length / network.ImageLength).Logits.CopyTo(logits.AsSpan()));
        return logits;
    }
}
