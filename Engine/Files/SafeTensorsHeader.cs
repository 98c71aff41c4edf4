using System.Globalization;
using System.Text.Json;

namespace LpcEngine.Engine;

/// <summary>
/// Reads and judges the JSON header of a safetensors file. Files come from anywhere, so nothing in it is believed:
/// whatever contradicts itself, the format or the file's length is refused with one line.
/// </summary>
internal static class SafeTensorsHeader
{
    /// <summary>The format's own limit for a header.</summary>
    public const long MaximumLength = 100_000_000;

    private const int MaximumRank = 64;

    /// <summary>Bytes of one element; 0 for a type that we do not know.</summary>
    public static int ElementSize(string dtype) => dtype switch
    {
        "F64" or "I64" or "U64" => 8,
        "F32" or "I32" or "U32" => 4,
        "F16" or "BF16" or "I16" or "U16" => 2,
        "I8" or "U8" or "BOOL" or "F8_E4M3" or "F8_E5M2" => 1,
        _ => 0,
    };

    /// <summary>Parses the header; <paramref name="dataLength"/> is the number of bytes that follow it in the file.</summary>
    /// <exception cref="UserErrorException">The header is damaged or hostile.</exception>
    public static (List<SafeTensorsEntry> Entries, Dictionary<string, string> Metadata) Parse(
        ReadOnlySpan<byte> json, long dataLength, string path)
    {
        var entries = new List<SafeTensorsEntry>();
        var metadata = new Dictionary<string, string>();
        var names = new HashSet<string>();
        try
        {
            // MaxDepth 8: the format needs 3, and a deep header must not cost a deep stack.
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 8 });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                throw Damaged(path, "the header is not a JSON object");
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.GetString()!;
                if (!names.Add(name))
                    throw Damaged(path, $"the name '{Shorten(name)}' appears twice in the header");
                reader.Read();
                if (name == "__metadata__")
                    ReadMetadata(ref reader, metadata, path);
                else
                    entries.Add(ReadEntry(ref reader, name, dataLength, path));
            }

            while (reader.Read())
            {
                // Only blanks may follow; anything else is a JsonException.
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException is what the reader throws for text that is not UTF-8.
            throw Damaged(path, "the header is not valid JSON");
        }

        CheckCoverage(entries, dataLength, path);
        return (entries, metadata);
    }

    /// <summary>The error for a file that cannot be trusted.</summary>
    public static UserErrorException Damaged(string path, string what) =>
        new($"{path} is not a sound safetensors file: {what}. Write or download it again.");

    private static void ReadMetadata(ref Utf8JsonReader reader, Dictionary<string, string> metadata, string path)
    {
        Expect(reader.TokenType == JsonTokenType.StartObject, path, "__metadata__ is not an object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            reader.Read();
            Expect(reader.TokenType == JsonTokenType.String, path, $"__metadata__ entry '{Shorten(key)}' is not text");
            Expect(metadata.TryAdd(key, reader.GetString()!), path, $"__metadata__ entry '{Shorten(key)}' appears twice");
        }
    }

    private static SafeTensorsEntry ReadEntry(ref Utf8JsonReader reader, string name, long dataLength, string path)
    {
        var tensor = $"tensor '{Shorten(name)}'";
        Expect(reader.TokenType == JsonTokenType.StartObject, path, $"{tensor} is not described by an object");
        string? dtype = null;
        List<long>? shape = null, offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            reader.Read();
            switch (key)
            {
                case "dtype":
                    Expect(dtype is null && reader.TokenType == JsonTokenType.String, path, $"{tensor} has a dtype that is no single text");
                    dtype = reader.GetString()!;
                    break;
                case "shape":
                    Expect(shape is null, path, $"{tensor} has two shapes");
                    shape = ReadNumbers(ref reader, MaximumRank, path, $"{tensor} has a shape that is no list of up to {MaximumRank} lengths from 0 up");
                    break;
                case "data_offsets":
                    Expect(offsets is null, path, $"{tensor} has two data_offsets");
                    offsets = ReadNumbers(ref reader, 2, path, $"{tensor} has data_offsets that are not two byte positions");
                    break;
                default:
                    throw Damaged(path, $"{tensor} has an unknown field '{Shorten(key)}'");
            }
        }

        Expect(dtype is not null && shape is not null && offsets is { Count: 2 }, path, $"{tensor} lacks dtype, shape or data_offsets");
        var size = ElementSize(dtype!);
        Expect(size > 0, path, $"{tensor} has the unknown dtype '{Shorten(dtype!)}'");
        var (begin, end) = (offsets![0], offsets[1]);
        Expect(begin <= end && end <= dataLength, path,
            $"{tensor} lies at bytes {begin} to {end}, but the file holds {dataLength} bytes of data");
        Expect(TryByteCount(shape!, size, out var bytes) && bytes == end - begin, path,
            $"{tensor} of shape [{string.Join(", ", shape!)}] and dtype {dtype} does not take the {end - begin} bytes that its offsets give it");
        return new SafeTensorsEntry(name, dtype!, shape!, begin, end);
    }

    private static List<long> ReadNumbers(ref Utf8JsonReader reader, int maximum, string path, string otherwise)
    {
        Expect(reader.TokenType == JsonTokenType.StartArray, path, otherwise);
        var numbers = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var number = -1L;
            Expect(reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out number) && number >= 0 && numbers.Count < maximum,
                path, otherwise);
            numbers.Add(number);
        }

        return numbers;
    }

    private static bool TryByteCount(List<long> shape, int elementSize, out long bytes)
    {
        bytes = elementSize;
        if (shape.Contains(0))
        {
            bytes = 0; // checked first: [0, huge, huge] is an empty tensor, not an overflow
            return true;
        }

        foreach (var length in shape)
        {
            if (bytes > long.MaxValue / length)
                return false;
            bytes *= length;
        }

        return true;
    }

    /// <summary>The tensors must tile the data: no overlap (one tensor aliasing another), no hole (hidden bytes).</summary>
    private static void CheckCoverage(List<SafeTensorsEntry> entries, long dataLength, string path)
    {
        var position = 0L;
        foreach (var entry in entries.OrderBy(e => e.Begin).ThenBy(e => e.End))
        {
            Expect(entry.Begin >= position, path, $"tensor '{Shorten(entry.Name)}' overlaps another one");
            Expect(entry.Begin == position, path, $"{entry.Begin - position} bytes before tensor '{Shorten(entry.Name)}' belong to no tensor");
            position = entry.End;
        }

        Expect(position == dataLength, path, $"{dataLength - position} bytes at its end belong to no tensor");
    }

    private static void Expect(bool holds, string path, string otherwise)
    {
        if (!holds)
            throw Damaged(path, otherwise);
    }

    /// <summary>A name from a hostile file must not flood or garble the screen.</summary>
    public static string Shorten(string text)
    {
        var start = text.Length <= 60 ? text : text[..57];
        return string.Concat(start.Select(c => Garbles(c) ? '?' : c)) + (text.Length <= 60 ? "" : "...");
    }

    // Control characters, and what turns the direction of writing, breaks lines or is half a character.
    private static bool Garbles(char c) => char.IsControl(c)
        || char.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate;
}
