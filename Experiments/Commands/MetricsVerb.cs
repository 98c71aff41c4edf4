using System.CommandLine;
using System.Text.Json.Nodes;
using LpcEngine.Experiments.Completion;
using LpcEngine.Experiments.Metrics;
using LpcEngine.Experiments.Runs;

namespace LpcEngine.Experiments.Commands;

/// <summary><c>metrics</c>: every latent-space measurement of latents of any origin, as one JSON object on standard output.</summary>
internal static class MetricsVerb
{
    public static Command Create()
    {
        var file = new Argument<string>("file")
        {
            Description = "a .safetensors with latents [N, d] (F32, F64, F16 or BF16), labels [N] (whole numbers, 0 or more, of any integer type) and, optionally, classifier [C, d]",
            CompletionSources = { Offers.Files },
        };
        var neighbours = SharedOptions.Number<int>("--neighbours", $"which neighbour's distance the entropies use (default {LatentEntropy.Neighbours}, as in the paper's code)", least: 1);
        var threads = SharedOptions.Threads();
        var command = new Command("metrics", "Measures latents of any origin: collapse, separation, entropy, neural collapse, binarity. Prints one JSON object; "
            + "docs/metrics.md defines every key. What does not exist for the data is null, and 'notes' says why.") { file, neighbours, threads };
        command.SetAction(parsed =>
        {
            var (latents, classifier) = LatentFile.Load(parsed.GetRequiredValue(file), parsed.GetValue(threads) ?? 0);
            var result = LatentMetrics.Measure(latents, classifier, withEntropy: true, parsed.GetValue(neighbours) ?? LatentEntropy.Neighbours);
            var json = new JsonObject(result.Values.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)JsonValue.Create(pair.Value))));
            if (result.Notes.Count > 0) json["notes"] = new JsonArray([.. result.Notes.Select(note => JsonValue.Create(note))]);
            Console.Out.WriteLine(JsonText.Line(json));
            return ExitCodes.Done;
        });
        return command;
    }
}
