using System.Text.Json.Nodes;
using LpcEngine.Engine;

namespace LpcEngine.Experiments.Robustness;

/// <summary>What a command line says of attacks within a distance; null where it says nothing.</summary>
internal sealed record PgdOptions
{
    public int? Images { get; init; }
    public int? Steps { get; init; }
    public int? Restarts { get; init; }
    public IReadOnlyList<Radius>? L2 { get; init; }
    public IReadOnlyList<Radius>? Linf { get; init; }

    /// <summary>This, and where it says nothing, another.</summary>
    public PgdOptions Or(PgdOptions other) => new()
    {
        Images = Images ?? other.Images, Steps = Steps ?? other.Steps, Restarts = Restarts ?? other.Restarts, L2 = L2 ?? other.L2, Linf = Linf ?? other.Linf,
    };

    /// <summary>What a run's config.json says.</summary>
    /// <exception cref="UserErrorException">It says something else: it was changed from outside.</exception>
    public static PgdOptions Read(JsonNode? json)
    {
        if (json is null) return new();
        try
        {
            return new()
            {
                Images = AtLeast(0, "images"), Steps = AtLeast(1, "steps"), Restarts = AtLeast(1, "restarts"), L2 = Radii("l2"), Linf = Radii("linf"),
            };
        }
        catch (Exception problem) when (problem is InvalidOperationException or FormatException or ArgumentException)
        {
            throw new UserErrorException($"config.json says pgd {json.ToJsonString()}, which is no attack: it was changed from outside.", problem);
        }

        int? AtLeast(int least, string key) => (int?)json[key] is { } value && value < least ? throw new FormatException(key) : (int?)json[key];

        IReadOnlyList<Radius>? Radii(string key) => json[key] is JsonArray list ? Radius.Known(string.Join(',', list)) : null;
    }
}
