using System.Text.Json.Nodes;

namespace LpcEngine.Experiments.Robustness;

/// <summary>Attacks within a distance that are to be made.</summary>
/// <param name="Images">Test images; at least 1.</param>
/// <param name="Steps">Steps at each radius.</param>
/// <param name="Restarts">Random starts at each radius.</param>
/// <param name="L2">Euclidean radii, smallest first.</param>
/// <param name="Linf">Radii of the largest change of a pixel.</param>
internal sealed record PgdPlan(int Images, int Steps, int Restarts, IReadOnlyList<Radius> L2, IReadOnlyList<Radius> Linf)
{
    /// <summary>What holds where the command line says nothing.</summary>
    public const int DefaultSteps = 20, DefaultRestarts = 2;

    /// <summary>Radii where the command line says nothing: those that the literature of CIFAR reports.</summary>
    public const string DefaultL2 = "0.1,0.25,0.5,1", DefaultLinf = "1/255,2/255,4/255,8/255";

    /// <summary>Completes what a command line says.</summary>
    /// <param name="options">It.</param>
    /// <param name="usualImages">How many images are attacked when it says nothing.</param>
    /// <param name="testImages">How many there are.</param>
    /// <returns>Null where nothing is to be attacked.</returns>
    public static PgdPlan? Of(PgdOptions options, int usualImages, int testImages)
    {
        var images = Math.Min(options.Images ?? usualImages, testImages);
        return images == 0 ? null : new(images, options.Steps ?? DefaultSteps, options.Restarts ?? DefaultRestarts,
            options.L2 ?? Radius.Known(DefaultL2), options.Linf ?? Radius.Known(DefaultLinf));
    }

    /// <summary>For config.json.</summary>
    public JsonObject ToJson() => new() { ["images"] = Images, ["steps"] = Steps, ["restarts"] = Restarts, ["l2"] = Texts(L2), ["linf"] = Texts(Linf) };

    /// <summary>Whether a result in summary.json is of this plan.</summary>
    public bool IsMetBy(JsonObject? pgd)
    {
        return Has("images", Images) && Has("steps", Steps) && Has("restarts", Restarts) && HasRadii("l2", L2) && HasRadii("linf", Linf);

        bool Has(string key, int value) => pgd?[key] is JsonValue number && number.TryGetValue<int>(out var there) && there == value;

        bool HasRadii(string key, IEnumerable<Radius> radii) => pgd?[key] is JsonObject rates && rates.Select(rate => rate.Key).SequenceEqual(radii.Select(radius => radius.Text));
    }

    private static JsonArray Texts(IEnumerable<Radius> radii) => [.. radii.Select(radius => JsonValue.Create(radius.Text))];
}
