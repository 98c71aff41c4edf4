using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace LpcEngine.Experiments.Runs;

/// <summary>Writes JSON as a run folder holds it: readable text, and null where a number is NaN or infinite, which JSON cannot say.</summary>
internal static class JsonText
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonSerializerOptions OneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>Reads an object that anyone may have written: all that follows can look at any part of it without a surprise.</summary>
    /// <param name="text">The JSON.</param>
    /// <exception cref="JsonException">It is no JSON object, a name stands twice, or a text is no Unicode (half of a surrogate pair).</exception>
    public static JsonObject Parse(string text)
    {
        var parsed = JsonNode.Parse(text, documentOptions: Strict) as JsonObject ?? throw new JsonException("it is no object");
        // Halves come as escapes alone. Nodes are read when they are asked for; this asks for all of them.
        if (text.Contains("\\u", StringComparison.Ordinal) && !IsUnicode(parsed)) throw new JsonException("it holds half a character");
        return parsed;
    }

    /// <summary>One line without a line end.</summary>
    public static string Line(JsonObject content) => Clean(content)!.ToJsonString(OneLine);

    /// <summary>Several indented lines, with a line end.</summary>
    public static string Page(JsonObject content) => Clean(content)!.ToJsonString(Indented) + "\n";

    /// <summary>The number at a place beneath a node; null where there is none, or something else: summaries are files, which anyone may have written.</summary>
    /// <param name="node">The node.</param>
    /// <param name="keys">One key for each level; none for the node itself.</param>
    public static double? Number(JsonNode? node, params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys) node = (node as JsonObject)?[key];
        if (node is not JsonValue value) return null;
        return value.TryGetValue(out double number) ? number : value.TryGetValue(out long whole) ? whole : value.TryGetValue(out int small) ? small : null;
    }

    private static bool IsUnicode(JsonNode? node)
    {
        try
        {
            return node switch
            {
                JsonObject o => o.All(pair => IsUnicode(pair.Value)),
                JsonArray a => a.All(IsUnicode),
                JsonValue v => v.GetValueKind() != JsonValueKind.String || v.GetValue<string>() is not null,
                _ => true,
            };
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>A deep copy without non-finite numbers.</summary>
    private static JsonNode? Clean(JsonNode? node) => node switch
    {
        JsonObject o => new JsonObject(o.Select(p => KeyValuePair.Create(p.Key, Clean(p.Value)))),
        JsonArray a => new JsonArray([.. a.Select(Clean)]),
        JsonValue v when v.TryGetValue(out double d) && !double.IsFinite(d) => null,
        JsonValue v when v.TryGetValue(out float f) && !float.IsFinite(f) => null,
        _ => node?.DeepClone(),
    };
}
