using System.Text.Json;
using System.Text.Json.Serialization;
using LpcEngine.Engine;

namespace LpcEngine.Experiments.Training;

/// <summary>How all our JSON is written: snake_case names, enums as words.</summary>
internal static class JsonFormat
{
    /// <summary>One line.</summary>
    public static JsonSerializerOptions Compact { get; } = Make(indented: false);

    /// <summary>For people.</summary>
    public static JsonSerializerOptions Indented { get; } = Make(indented: true);

    /// <summary>Reads an object back.</summary>
    /// <exception cref="UserErrorException">The text is damaged.</exception>
    public static T Parse<T>(string json, string where)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, Compact) ?? throw new JsonException("it is null");
        }
        catch (JsonException problem)
        {
            throw new UserErrorException($"{where} is damaged: {Shortened(problem.Message)}");
        }
    }

    // The message quotes what is wrong from its beginning to the next blank, and that may be all the rest.
    private static string Shortened(string message) => message.Length <= 200 ? message : $"{message[..100]}...{message[^90..]}";

    private static JsonSerializerOptions Make(bool indented) => new()
    {
        WriteIndented = indented,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower), new FiniteNumbers() },
    };

    // JSON has no NaN and no infinity: what isn't a number is null.
    private sealed class FiniteNumbers : JsonConverter<double>
    {
        public override double Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.Null ? double.NaN : reader.GetDouble();

        public override bool HandleNull => true;

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            if (double.IsFinite(value)) writer.WriteNumberValue(value);
            else writer.WriteNullValue();
        }
    }
}
