using LpcEngine.Engine;
using LpcEngine.Experiments.Data;
using LpcEngine.Experiments.Training;

namespace LpcEngine.Experiments.Commands;

/// <summary>Images to predict on, as the network wants them. Those of files have zeros for labels, which nobody reads.</summary>
internal static class PredictionImages
{
    /// <summary>A split of a data set, with its labels.</summary>
    /// <param name="name">The data set.</param>
    /// <param name="test">The test images, rather than the training images.</param>
    /// <param name="options">Where it lies, and how much of it is wanted.</param>
    /// <param name="config">The network's run.</param>
    /// <exception cref="UserErrorException">The data set is missing, has no test images, or does not fit the network.</exception>
    public static ImageSet FromDataSet(string name, bool test, DataOptions options, RunConfig config)
    {
        if (DataSets.IsFolder(name) && config.ImageHeight == config.ImageWidth) options = options with { ImageSide = config.ImageHeight };
        var data = DataSets.Load(name, options);
        var images = test ? data.Test ?? throw new UserErrorException($"{name} has no test images; leave --split test out.") : data.Train;
        if ((images.Height, images.Width, images.Channels) != (config.ImageHeight, config.ImageWidth, config.ImageChannels))
            throw new UserErrorException($"{name} has images of {images.Height}×{images.Width}×{images.Channels}, this network takes {config.ImageHeight}×{config.ImageWidth}×{config.ImageChannels}. Choose another data set.");
        return images;
    }

    /// <summary>A tensor [N, C, H, W], float32 or uint8, of a safetensors file.</summary>
    /// <exception cref="UserErrorException">The tensor is missing or does not fit the network.</exception>
    public static ImageSet FromTensors(string path, string name, RunConfig config)
    {
        using var file = SafeTensorsFile.Open(path);
        if (!file.Contains(name)) throw new UserErrorException($"{path} has no tensor {name}; it must be [N, {config.ImageChannels}, {config.ImageHeight}, {config.ImageWidth}], float32 or uint8.");
        var entry = file[name];
        long[] wanted = [config.ImageChannels, config.ImageHeight, config.ImageWidth];
        if (entry.Shape.Count != 4 || entry.Shape[0] < 1 || !entry.Shape.Skip(1).SequenceEqual(wanted))
            throw new UserErrorException($"{path}: {name} is {entry.ShapeText}; this network takes [N, {config.ImageChannels}, {config.ImageHeight}, {config.ImageWidth}] with N at least 1.");
        var count = checked((int)entry.Shape[0]);
        var shape = new Shape(count, config.ImageChannels, config.ImageHeight, config.ImageWidth);
        int[] toNhwc = [0, 2, 3, 1];
        var bytes = entry.DType == "U8" ? AxisOrder.Permute(file.ReadBytes(name), shape, toNhwc) : null;
        var floats = bytes is null ? AxisOrder.Permute(file.ReadFloats(name), shape, toNhwc) : null;
        return new ImageSet(count, config.ImageHeight, config.ImageWidth, config.ImageChannels, bytes, floats, new int[count]);
    }

    /// <summary>
    /// Image files of any size, scaled and cropped as those of <c>folder:</c> are; grey for networks with one channel. A network of such a folder gets photographs
    /// as they are stored, which is how it was trained; others see them turned as the camera says.
    /// </summary>
    /// <exception cref="UserErrorException">A file is missing, damaged or no image, or the network takes neither grey nor colour images.</exception>
    public static ImageSet FromFiles(IReadOnlyList<string> paths, RunConfig config)
    {
        if (config.ImageChannels is not (1 or 3))
            throw new UserErrorException($"This network takes images of {config.ImageChannels} channels, image files have 1 or 3; "
                + $"give a safetensors file with images [N, {config.ImageChannels}, {config.ImageHeight}, {config.ImageWidth}].");
        var read = FolderImages.Read(paths, config.ImageWidth, config.ImageHeight, asSeen: !DataSets.IsFolder(config.DataSet));
        if (read.Failures.Count > 0) throw new UserErrorException(read.Failures[0].Reason);
        var bytes = config.ImageChannels == 1 ? Greys(read.Pixels) : read.Pixels;
        return new ImageSet(paths.Count, config.ImageHeight, config.ImageWidth, config.ImageChannels, bytes, null, new int[paths.Count]);
    }

    // ITU-R 601-2, the luma of PIL's convert("L").
    private static byte[] Greys(byte[] colours)
    {
        var greys = new byte[colours.Length / 3];
        for (var i = 0; i < greys.Length; i++)
            greys[i] = (byte)((19595 * colours[3 * i] + 38470 * colours[3 * i + 1] + 7471 * colours[3 * i + 2] + 32768) >> 16);
        return greys;
    }
}
