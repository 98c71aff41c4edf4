using ILGPU;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>
/// Global average pooling in ILGPU: forward a thread has four channels of an image, backward of a pixel (see <see cref="ChannelQuads"/>). Means and their gradients are floats, however the
/// images are stored.
/// </summary>
internal static class GlobalAveragePoolGpu
{
    public static void Forward(Tensor x, Tensor y)
    {
        if (x.Type == DType.BFloat16) On<Bf16Storage>(x.Device).Forward(x, y);
        else On<Fp32Storage>(x.Device).Forward(x, y);
    }

    public static void Backward(Tensor dY, Tensor dX)
    {
        if (dX.Type == DType.BFloat16) On<Bf16Storage>(dX.Device).Backward(dY, dX);
        else On<Fp32Storage>(dX.Device).Backward(dY, dX);
    }

    private static Launcher<TStorage> On<TStorage>(Device device) where TStorage : struct, IStorage<TStorage> => ((GpuDevice)device).Kernels(static gpu => new Launcher<TStorage>(gpu));

    private sealed class Launcher<TStorage>(GpuDevice device) where TStorage : struct, IStorage<TStorage>
    {
        private readonly Action<AcceleratorStream, KernelConfig, TStorage, Fp32Storage, int, int, int> forward =
            device.Compile<Action<AcceleratorStream, KernelConfig, TStorage, Fp32Storage, int, int, int>>(ForwardKernel);

        private readonly Action<AcceleratorStream, KernelConfig, Fp32Storage, TStorage, int, int, int> backward =
            device.Compile<Action<AcceleratorStream, KernelConfig, Fp32Storage, TStorage, int, int, int>>(BackwardKernel);

        public void Forward(Tensor x, Tensor y)
        {
            int images = x.Shape[0], pixels = x.Shape[1] * x.Shape[2], channels = x.Shape[3];
            forward(device.Stream, new ChannelQuads(channels).Config(images), TStorage.Of(x), Fp32Storage.Of(y), images, pixels, channels);
        }

        public void Backward(Tensor dY, Tensor dX)
        {
            int images = dX.Shape[0], pixels = dX.Shape[1] * dX.Shape[2], channels = dX.Shape[3];
            backward(device.Stream, new ChannelQuads(channels).Config(images * pixels), Fp32Storage.Of(dY), TStorage.Of(dX), images, pixels, channels);
        }

        private static void ForwardKernel(TStorage x, Fp32Storage y, int images, int pixels, int channels)
        {
            var quads = new ChannelQuads(channels);
            var image = quads.Pixel;
            if (image >= images) return;
            var share = 1f / pixels;
            if (quads.AreWhole)
            {
                var sum = ChainedSum.OfQuads(x, (image * pixels * channels + quads.First) >> 2, channels >> 2, pixels);
                y.StoreQuad((image * channels + quads.First) >> 2, sum * Float4.All(share));
                return;
            }
            for (var c = quads.First; c < quads.End; c++) y.Store(image * channels + c, ChainedSum.Of(x, image * pixels * channels + c, channels, pixels) * share);
        }

        private static void BackwardKernel(Fp32Storage dY, TStorage dX, int images, int pixels, int channels)
        {
            var quads = new ChannelQuads(channels);
            var pixel = quads.Pixel;
            if (pixel >= images * pixels) return;
            var image = pixel / pixels;
            var share = 1f / pixels;
            if (quads.AreWhole)
            {
                dX.StoreQuad((pixel * channels + quads.First) >> 2, dY.LoadQuad((image * channels + quads.First) >> 2) * Float4.All(share));
                return;
            }
            for (var c = quads.First; c < quads.End; c++) dX.Store(pixel * channels + c, dY.Load(image * channels + c) * share);
        }
    }
}
