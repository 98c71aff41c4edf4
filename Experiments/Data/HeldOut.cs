using LpcEngine.Engine;

namespace LpcEngine.Experiments.Data;

/// <summary>Divides training images into those that train and those that are held out to choose by (<c>--validation-size</c>).</summary>
internal static class HeldOut
{
    /// <summary>
    /// Of each class with m images: n are held out, and the first min(--train-size, m − n) train. The held-out ones follow the training ones: with
    /// --train-size they are the next n, without it the last n. A class without images has none to hold out.
    /// </summary>
    /// <param name="all">All training images.</param>
    /// <param name="options">How many.</param>
    /// <param name="classNames">The classes in the order of their labels.</param>
    /// <returns>Both parts in the order of the images; no second part when nothing is held out.</returns>
    /// <exception cref="UserErrorException">A class would have nothing left to train on.</exception>
    public static (ImageSet Train, ImageSet? Validation) Divide(ImageSet all, DataOptions options, IReadOnlyList<string> classNames)
    {
        var (train, validation) = Divide(all.Labels, options, classNames);
        return (train.Length == all.Count ? all : all.Select(train), validation is null ? null : all.Select(validation));
    }

    /// <summary>The same for images that are not read yet: which ones train, and which are held out, by their labels alone.</summary>
    /// <param name="labels">The classes of all training images.</param>
    /// <inheritdoc cref="Divide(ImageSet, DataOptions, IReadOnlyList{string})"/>
    /// <param name="options"/>
    /// <param name="classNames"/>
    public static (int[] Train, int[]? Validation) Divide(int[] labels, DataOptions options, IReadOnlyList<string> classNames)
    {
        if (options.ValidationPerClass is not { } n) return (ImageSet.FirstOfEachClass(labels, options.TrainPerClass, classNames.Count), null);
        var counts = new int[classNames.Count];
        var places = Array.ConvertAll(labels, label => counts[label]++);
        var least = counts.Where(count => count > 0).Min();
        if (n >= least)
            throw new UserErrorException($"--validation-size {n}: the class {classNames[Array.IndexOf(counts, least)]} has {least} training images, and some must be left to train on. Give at most {least - 1}.");
        var trains = Array.ConvertAll(counts, count => Math.Min(options.TrainPerClass ?? int.MaxValue, count - n));
        var images = Enumerable.Range(0, labels.Length);
        return (
            [.. images.Where(i => places[i] < trains[labels[i]])],
            [.. images.Where(i => places[i] >= trains[labels[i]] && places[i] < trains[labels[i]] + n)]);
    }
}
