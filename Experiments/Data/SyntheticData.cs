namespace LpcEngine.Experiments.Data;

/// <summary>
/// Data sets that need no files: drawn 32×32 colour images. Labels go round (label = index mod classes), so any size is balanced,
/// and a larger set begins with the smaller one.
/// </summary>
internal static class SyntheticData
{
    /// <summary>Draws both splits.</summary>
    public static DataSet Load(DataSetInfo info, DataOptions options)
    {
        var kinds = SyntheticClass.For(info.Classes);
        string[] names = [.. kinds.Select(k => k.Name)];
        // What is held out of a set whose size was given is drawn beside it.
        int? trainPerClass = options.TrainPerClass is { } size ? (int)Math.Min(int.MaxValue, size + (long)(options.ValidationPerClass ?? 0)) : null;
        var drawn = Draw(kinds, options.Seed, Engine.RandomStreams.DrawnTrainImages, Size(trainPerClass, info.Train, info));
        var (train, validation) = HeldOut.Divide(drawn, options, names);
        var test = Draw(kinds, options.Seed, Engine.RandomStreams.DrawnTestImages, Size(options.TestPerClass, info.Test, info));
        var (mean, std) = ImageStatistics.ForNormalising(train);
        return new DataSet(info.Name, names, train, test, mean, std, info.Flip)
        {
            Source = $"seed {options.Seed}",
            Validation = validation,
        };
    }

    private static int Size(int? perClass, int standard, DataSetInfo info)
    {
        int each = perClass ?? standard / info.Classes;
        int most = Array.MaxLength / (info.Classes * info.Height * info.Width * info.Channels);
        return each <= most
            ? each * info.Classes
            : throw new Engine.UserErrorException($"{each} images a class is more than {info.Name} can hold in one array; give at most {most}.");
    }

    private static ImageSet Draw(SyntheticClass[] kinds, ulong seed, uint split, int count)
    {
        const int Length = SyntheticImage.Side * SyntheticImage.Side * 3;
        byte[] pixels = new byte[count * Length];
        int[] labels = new int[count];
        Parallel.For(0, count, index =>
        {
            labels[index] = index % kinds.Length;
            SyntheticImage.Draw(kinds[labels[index]], seed, split, index, pixels.AsSpan(index * Length, Length));
        });
        return new ImageSet(count, SyntheticImage.Side, SyntheticImage.Side, 3, pixels, null, labels);
    }
}
