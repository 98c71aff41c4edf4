using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace LpcEngine.Engine;

/// <summary>
/// Collects tensors and writes them as one safetensors file, atomically. The same tensors give the same bytes, in whatever order
/// they were added: wide types come first, then by name, so that every tensor lies aligned.
/// </summary>
public sealed class SafeTensorsWriter
{
    private readonly Dictionary<string, Pending> tensors = [];

    private sealed record Pending(string DType, int ElementSize, long[] Shape, Array Values);

    /// <summary>Free texts for the header (<c>__metadata__</c>).</summary>
    public SortedDictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    /// <summary>Adds a tensor of F32. The array is kept, not copied, until <see cref="Write(string)"/>.</summary>
    /// <param name="name">Its name, unique in the file.</param>
    /// <param name="shape">Its lengths, outermost first.</param>
    /// <param name="values">Its elements, last index fastest.</param>
    public void Add(string name, ReadOnlySpan<long> shape, float[] values) => AddPending(name, "F32", 4, shape, values);

    /// <summary>Adds a tensor of F64.</summary>
    /// <inheritdoc cref="Add(string, ReadOnlySpan{long}, float[])"/>
    public void Add(string name, ReadOnlySpan<long> shape, double[] values) => AddPending(name, "F64", 8, shape, values);

    /// <summary>Adds a tensor of I64.</summary>
    /// <inheritdoc cref="Add(string, ReadOnlySpan{long}, float[])"/>
    public void Add(string name, ReadOnlySpan<long> shape, long[] values) => AddPending(name, "I64", 8, shape, values);

    /// <summary>Adds a tensor of I32.</summary>
    /// <inheritdoc cref="Add(string, ReadOnlySpan{long}, float[])"/>
    public void Add(string name, ReadOnlySpan<long> shape, int[] values) => AddPending(name, "I32", 4, shape, values);

    /// <summary>Adds a tensor of U8.</summary>
    /// <inheritdoc cref="Add(string, ReadOnlySpan{long}, float[])"/>
    public void Add(string name, ReadOnlySpan<long> shape, byte[] values) => AddPending(name, "U8", 1, shape, values);

    /// <summary>Writes the file: a temporary one beside it, flushed to the disk, then renamed.</summary>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <exception cref="UserErrorException">The folder cannot be written, or the disk is full.</exception>
    public void Write(string path) => AtomicFile.Write(path, WriteTo);

    /// <summary>Writes the same bytes to any stream.</summary>
    /// <param name="stream">Where to.</param>
    public void WriteTo(Stream stream)
    {
        var ordered = tensors
            .OrderByDescending(t => t.Value.ElementSize)
            .ThenBy(t => t.Key, StringComparer.Ordinal)
            .ToList();
        var header = Header(ordered);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        stream.Write(length);
        stream.Write(header);
        foreach (var (_, tensor) in ordered)
            WriteValues(stream, tensor);
    }

    private void AddPending(string name, string dtype, int size, ReadOnlySpan<long> shape, Array values)
    {
        var count = 1L;
        foreach (var dimension in shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(dimension, nameof(shape));
            count = checked(count * dimension);
        }

        if (count != values.LongLength)
            throw new ArgumentException($"Tensor '{name}' has shape [{string.Join(", ", shape.ToArray())}], which is {count} elements, but {values.LongLength} values.", nameof(values));
        if (name == "__metadata__" || !tensors.TryAdd(name, new Pending(dtype, size, shape.ToArray(), values)))
            throw new ArgumentException($"The name '{name}' is taken.", nameof(name));
    }

    private byte[] Header(List<KeyValuePair<string, Pending>> ordered)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            if (Metadata.Count > 0)
            {
                json.WriteStartObject("__metadata__");
                foreach (var (key, value) in Metadata)
                    json.WriteString(key, value);
                json.WriteEndObject();
            }

            var position = 0L;
            foreach (var (name, tensor) in ordered)
            {
                json.WriteStartObject(name);
                json.WriteString("dtype", tensor.DType);
                json.WriteStartArray("shape");
                foreach (var dimension in tensor.Shape)
                    json.WriteNumberValue(dimension);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(position);
                position += tensor.Values.LongLength * tensor.ElementSize;
                json.WriteNumberValue(position);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        while (buffer.Length % 8 != 0)
        {
            buffer.WriteByte((byte)' '); // the format pads with blanks, so that the data starts aligned
        }

        return buffer.ToArray();
    }

    private static void WriteValues(Stream stream, Pending tensor)
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("safetensors are written on little-endian machines only.");
        switch (tensor.Values)
        {
            case float[] values: WriteChunks<float>(stream, values); break;
            case double[] values: WriteChunks<double>(stream, values); break;
            case long[] values: WriteChunks<long>(stream, values); break;
            case int[] values: WriteChunks<int>(stream, values); break;
            case byte[] values: WriteChunks<byte>(stream, values); break;
        }
    }

    /// <summary>In pieces, because a span of bytes over a large array would overflow its length.</summary>
    private static void WriteChunks<T>(Stream stream, ReadOnlySpan<T> values)
        where T : struct
    {
        const int Piece = 1 << 18;
        while (values.Length > 0)
        {
            var count = Math.Min(Piece, values.Length);
            stream.Write(MemoryMarshal.AsBytes(values[..count]));
            values = values[count..];
        }
    }
}
