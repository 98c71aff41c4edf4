using LpcEngine.Engine;

namespace LpcEngine.Experiments.Data;

/// <summary>
/// A user's own images in a safetensors file: <c>images</c> [N, C, H, W] of float32 or uint8, <c>labels</c> [N] of int64, and optionally
/// <c>test_images</c> and <c>test_labels</c>. Float images are used as they are, bytes are normalised like any photographs.
/// </summary>
internal static class TensorData
{
    // More classes than this, and than there are images to tell them apart, are hardly meant.
    private const int UsualClasses = 10_000;

    /// <summary>Loads <paramref name="path"/> as the data set <paramref name="name"/>.</summary>
    /// <exception cref="UserErrorException">Anything in the file does not fit together.</exception>
    public static DataSet Load(string name, string path, DataOptions options)
    {
        if (path.Length == 0)
        {
            throw new UserErrorException("tensors: needs a file, for example tensors:images.safetensors.");
        }

        using var file = SafeTensorsFile.Open(path);
        var train = ReadSplit(file, "images", "labels");
        bool hasImages = file.Contains("test_images"), hasLabels = file.Contains("test_labels");
        if (hasImages != hasLabels)
        {
            throw new UserErrorException($"{path} has {(hasImages ? "test_images" : "test_labels")} without {(hasImages ? "test_labels" : "test_images")}; give both or neither.");
        }

        var test = hasImages ? ReadSplit(file, "test_images", "test_labels") : null;
        if (test is not null)
        {
            RequireSameKind(path, train, test);
        }

        int classes = options.Classes ?? Counted(path, train, test);
        RequireLabelsBelow(classes, path, "labels", train);
        if (test is not null)
        {
            RequireLabelsBelow(classes, path, "test_labels", test);
        }

        string[] names = [.. Enumerable.Range(0, classes).Select(i => i.ToString())];
        (train, var validation) = HeldOut.Divide(train, options, names);
        test = test?.FirstOfEachClass(options.TestPerClass, classes);
        var (mean, std) = ImageStatistics.ForNormalising(train);
        return new DataSet(name, names, train, test, mean, std, Flip: true) { Source = path, Validation = validation };
    }

    // The largest label says how many classes there are. A damaged one would ask for names and weights of hundreds of thousands.
    private static int Counted(string path, ImageSet train, ImageSet? test)
    {
        int largest = Math.Max(train.Labels.Max(), test?.Labels.Max() ?? 0);
        return largest < Math.Max(train.Count, UsualClasses)
            ? largest + 1
            : throw new UserErrorException($"{path}: its largest label is {largest}, which would be {largest + 1} classes for {train.Count} training images. If that is meant, give --classes {largest + 1}.");
    }

    private static ImageSet ReadSplit(SafeTensorsFile file, string imagesName, string labelsName)
    {
        var images = file[imagesName];
        var labels = file[labelsName];
        if (images.Shape.Count != 4)
        {
            throw new UserErrorException($"{file.Path}: {imagesName} has shape {images.ShapeText}; it must be [images, channels, height, width].");
        }

        if (images.Shape.Contains(0))
        {
            throw new UserErrorException($"{file.Path}: {imagesName} {images.ShapeText} holds no pixels; at least one image is needed.");
        }

        if (images.DType is not ("F32" or "U8"))
        {
            throw new UserErrorException($"{file.Path}: {imagesName} has dtype {images.DType}; it must be F32 (used as they are) or U8 (0 to 255).");
        }

        if (labels.Shape.Count != 1 || labels.Shape[0] != images.Shape[0])
        {
            throw new UserErrorException($"{file.Path}: {labelsName} has shape {labels.ShapeText}; it must be [{images.Shape[0]}], one for each of {imagesName} {images.ShapeText}.");
        }

        if (images.Count > Array.MaxLength)
        {
            throw new UserErrorException($"{file.Path}: {imagesName} {images.ShapeText} has more than {Array.MaxLength} numbers; give fewer images.");
        }

        int count = (int)images.Shape[0], channels = (int)images.Shape[1], height = (int)images.Shape[2], width = (int)images.Shape[3];
        int[] classes = ReadLabels(file, labelsName);
        byte[]? bytes = null;
        float[]? floats = null;
        if (images.DType == "U8")
        {
            bytes = Interleave(file.ReadBytes(imagesName), count, channels, height * width);
        }
        else
        {
            float[] values = file.ReadFloats(imagesName);
            int bad = Array.FindIndex(values, v => !float.IsFinite(v));
            if (bad >= 0)
            {
                throw new UserErrorException($"{file.Path}: {imagesName} holds {values[bad]} in image {bad / (channels * height * width)}; every pixel must be a finite number.");
            }

            floats = Interleave(values, count, channels, height * width);
        }

        return new ImageSet(count, height, width, channels, bytes, floats, classes);
    }

    private static int[] ReadLabels(SafeTensorsFile file, string name)
    {
        long[] labels = file.ReadInts64(name);
        int bad = Array.FindIndex(labels, l => l is < 0 or >= 1_000_000);
        if (bad >= 0)
        {
            throw new UserErrorException($"{file.Path}: {name}[{bad}] is {labels[bad]}; labels are whole numbers from 0 to the number of classes less one.");
        }

        return [.. labels.Select(l => (int)l)];
    }

    private static void RequireLabelsBelow(int classes, string path, string name, ImageSet images)
    {
        int bad = Array.FindIndex(images.Labels, l => l >= classes);
        if (bad >= 0)
        {
            throw new UserErrorException($"{path}: {name}[{bad}] is {images.Labels[bad]}, but --classes {classes} allows labels 0 to {classes - 1}.");
        }
    }

    private static void RequireSameKind(string path, ImageSet train, ImageSet test)
    {
        string Kind(ImageSet s) => $"{s.Channels}×{s.Height}×{s.Width} {(s.Bytes is null ? "F32" : "U8")}";
        if (Kind(train) != Kind(test))
        {
            throw new UserErrorException($"{path}: images are {Kind(train)}, but test_images are {Kind(test)}; both must be of one size and dtype.");
        }
    }

    /// <summary>NCHW, as PyTorch writes it, to NHWC.</summary>
    private static T[] Interleave<T>(T[] planes, int count, int channels, int area)
    {
        if (channels == 1)
        {
            return planes;
        }

        T[] pixels = new T[planes.Length];
        for (int image = 0; image < count; image++)
        {
            int start = image * channels * area;
            for (int c = 0; c < channels; c++)
            {
                for (int p = 0; p < area; p++)
                {
                    pixels[start + (p * channels) + c] = planes[start + (c * area) + p];
                }
            }
        }

        return pixels;
    }
}
