using System.Text.Json.Nodes;

namespace LpcEngine.Experiments.Metrics;

/// <summary>What figures need of a split's latents, a few hundred kilobytes at most: class means, a histogram of each node, a projection.</summary>
/// <param name="Means">Mean of each class that has members, by node [classes][nodes]; an empty row for a class without.</param>
/// <param name="Reach">The histograms span −Reach to Reach: the largest coordinate of the nodes shown.</param>
/// <param name="Histograms">Counts of each node [nodes][bins].</param>
/// <param name="Projection">Two principal components of some samples.</param>
internal sealed record LatentPicture(double[][] Means, double Reach, int[][] Histograms, Projection Projection)
{
    /// <summary>Nodes that are kept: figures of more can't be read.</summary>
    public const int MostNodes = 128;

    private const int Bins = 81;

    // Plots compute with the squares of what they show.
    private const double Largest = 1e100;

    /// <summary>Of latents; null when some are NaN or infinite.</summary>
    public static LatentPicture? Of(LatentSet latents)
    {
        if (PrincipalComponents.Project(latents) is not { } projection) return null;
        var nodes = Math.Min(MostNodes, latents.Dimensions);
        var means = new double[latents.Classes][];
        for (var c = 0; c < means.Length; c++) means[c] = latents.ClassCounts[c] == 0 ? [] : new double[nodes];
        var row = new double[latents.Dimensions];
        double reach = 0;
        for (var i = 0; i < latents.Count; i++)
        {
            latents.CopyRow(i, row);
            var mean = means[latents.Labels[i]];
            for (var j = 0; j < nodes; j++)
            {
                mean[j] += row[j] / latents.ClassCounts[latents.Labels[i]];
                reach = Math.Max(reach, Math.Abs(row[j]));
            }
        }
        var histograms = new int[nodes][];
        for (var j = 0; j < nodes; j++) histograms[j] = new int[Bins];
        for (var i = 0; i < latents.Count; i++)
        {
            latents.CopyRow(i, row);
            for (var j = 0; j < nodes; j++) histograms[j][reach == 0 ? Bins / 2 : Math.Min(Bins - 1, (int)((row[j] / reach + 1) / 2 * Bins))]++;
        }
        return new(means, reach, histograms, projection);
    }

    /// <summary>As JSON; coordinates of points and means to six digits, which is more than a screen shows.</summary>
    public JsonObject ToJson() => new()
    {
        ["means"] = new JsonArray([.. Means.Select(Numbers)]),
        ["reach"] = Reach,
        ["histograms"] = new JsonArray([.. Histograms.Select(counts => (JsonNode)new JsonArray([.. counts.Select(count => (JsonNode)count)]))]),
        ["projection"] = new JsonObject
        {
            ["x"] = Numbers(Projection.X), ["y"] = Numbers(Projection.Y), ["labels"] = new JsonArray([.. Projection.Labels.Select(label => (JsonNode)label)]), ["explained"] = Projection.Explained,
        },
    };

    /// <summary>From JSON; null when it is not what <see cref="ToJson"/> writes.</summary>
    public static LatentPicture? FromJson(JsonObject json)
    {
        try
        {
            var projection = json["projection"]!.AsObject();
            var read = new LatentPicture(
                [.. json["means"]!.AsArray().Select(mean => Numbers(mean!))], (double)json["reach"]!, [.. json["histograms"]!.AsArray().Select(counts => counts!.AsArray().Select(count => (int)count!).ToArray())],
                new(Numbers(projection["x"]!), Numbers(projection["y"]!), [.. projection["labels"]!.AsArray().Select(label => (int)label!)], (double)projection["explained"]!));
            var nodes = read.Histograms.Length;
            var fits = read.Means.All(mean => mean.Length == 0 || mean.Length == nodes) && read.Histograms.All(counts => counts.Length == Bins)
                && read.Projection.X.Length == read.Projection.Y.Length && read.Projection.X.Length == read.Projection.Labels.Length
                && read.Projection.Labels.All(label => label >= 0 && label < read.Means.Length)
                && read.Means.SelectMany(mean => mean).Concat(read.Projection.X).Concat(read.Projection.Y).Append(read.Reach).All(value => Math.Abs(value) < Largest);
            return fits ? read : null;
        }
        catch (Exception e) when (e is NullReferenceException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private static JsonArray Numbers(double[] values) => new([.. values.Select(value => (JsonNode)double.Parse(value.ToString("G6", System.Globalization.CultureInfo.InvariantCulture), System.Globalization.CultureInfo.InvariantCulture))]);

    private static double[] Numbers(JsonNode values) => [.. values.AsArray().Select(value => (double)value!)];
}
