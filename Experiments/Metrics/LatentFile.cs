using LpcEngine.Engine;

namespace LpcEngine.Experiments.Metrics;

/// <summary>
/// Latents from any framework: a safetensors file with <c>latents</c> [N, d] of any floating-point type, <c>labels</c> [N] of any integer type and,
/// optionally, <c>classifier</c> [C, d].
/// </summary>
internal static class LatentFile
{
    private const double Largest = 1e60;

    /// <summary>Reads a file.</summary>
    /// <remarks>
    /// Without a classifier the number of classes is the largest label plus one. Where that is more than there are samples, the classes that
    /// occur are numbered anew: no measurement depends on the numbers, and memory must not depend on a label.
    /// </remarks>
    /// <param name="path">The file.</param>
    /// <param name="threads">How many threads measure; 0 means all cores.</param>
    /// <exception cref="UserErrorException">Something is missing or does not fit.</exception>
    public static (LatentSet Latents, double[]? Classifier) Load(string path, int threads = 0)
    {
        using var file = SafeTensorsFile.Open(path);
        var latents = file["latents"];
        var labels = file["labels"];
        if (latents.Shape.Count != 2 || latents.Shape.Contains(0))
        {
            throw new UserErrorException($"{path}: latents has shape {latents.ShapeText}; it must be [samples, dimensions] with at least one of each.");
        }

        if (labels.Shape.Count != 1 || labels.Shape[0] != latents.Shape[0])
        {
            throw new UserErrorException($"{path}: labels has shape {labels.ShapeText}; it must be [{latents.Shape[0]}], one for each row of latents {latents.ShapeText}.");
        }

        long[] values = file.ReadInts64("labels");
        double[]? classifier = null;
        long classes = Math.Min(values.Max(), long.MaxValue - 1) + 1;
        if (file.Contains("classifier"))
        {
            var weights = file["classifier"];
            if (weights.Shape.Count != 2 || weights.Shape[0] == 0 || weights.Shape[1] != latents.Shape[1])
            {
                throw new UserErrorException($"{path}: classifier has shape {weights.ShapeText}; it must be [classes, {latents.Shape[1]}], as wide as latents {latents.ShapeText}.");
            }

            classifier = file.ReadDoubles("classifier");
            int bad = Array.FindIndex(classifier, w => !double.IsFinite(w));
            if (bad >= 0)
            {
                throw new UserErrorException($"{path}: classifier holds {classifier[bad]} in row {bad / weights.Shape[1]}; every number must be finite.");
            }

            classes = weights.Shape[0];
        }

        int wrong = Array.FindIndex(values, l => l < 0 || (classifier is not null && l >= classes));
        if (wrong >= 0)
        {
            string most = classifier is null ? "0 or more" : $"from 0 to {classes - 1}, a row of the classifier each";
            throw new UserErrorException($"{path}: labels[{wrong}] is {values[wrong]}; labels are whole numbers, {most}.");
        }

        if (classifier is null && classes > values.Length)
        {
            long[] occurring = [.. values.Distinct().Order()];
            values = [.. values.Select(l => (long)Array.BinarySearch(occurring, l))];
            classes = occurring.Length;
        }

        int[] own = [.. values.Select(l => (int)l)];

        int d = (int)latents.Shape[1];
        RequireRange(file, latents.DType, path);
        var set = latents.DType == "F64"
            ? new LatentSet(file.ReadDoubles("latents"), d, own, (int)classes, threads)
            : new LatentSet(file.ReadFloats("latents"), d, own, (int)classes, threads);
        return (set, classifier);
    }

    // What is measured are squares and products of squares, which double precision holds for numbers of this size alone.
    private static void RequireRange(SafeTensorsFile file, string type, string path)
    {
        if (type != "F64") return;
        double largest = file.ReadDoubles("latents").Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty().Max();
        if (largest is > Largest or (> 0 and < 1 / Largest))
        {
            throw new UserErrorException(FormattableString.Invariant(
                $"{path}: the largest number of latents is {largest:G3}; it must be from {1 / Largest:G1} to {Largest:G1}, so that squares can be computed. Multiply latents by a constant."));
        }
    }
}
