using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace LpcEngine.Engine;

/// <summary>
/// Reads safetensors files: a length, a JSON header, then the raw numbers. Opening reads the header only; each tensor is read when
/// asked for, so files beyond two gigabytes are no matter.
/// </summary>
public sealed class SafeTensorsFile : IDisposable
{
    private const int ChunkBytes = 1 << 20;
    private const int PieceFloats = ChunkBytes / sizeof(float);

    private readonly SafeFileHandle handle;
    private readonly long dataStart;
    private readonly Dictionary<string, SafeTensorsEntry> byName;

    private SafeTensorsFile(string path, SafeFileHandle handle, long dataStart, List<SafeTensorsEntry> entries, Dictionary<string, string> metadata)
    {
        (Path, this.handle, this.dataStart, Entries, Metadata) = (path, handle, dataStart, entries, metadata);
        byName = entries.ToDictionary(entry => entry.Name);
    }

    /// <summary>Where the file lies.</summary>
    public string Path { get; }

    /// <summary>The tensors in the header's order.</summary>
    public IReadOnlyList<SafeTensorsEntry> Entries { get; }

    /// <summary>The header's free texts (<c>__metadata__</c>).</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens a file and checks its header.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The open file; whoever opened it disposes it.</returns>
    /// <exception cref="UserErrorException">It is missing, unreadable, damaged or hostile.</exception>
    public static SafeTensorsFile Open(string path)
    {
        if (path.Length == 0 || path.Contains('\0')) throw new UserErrorException($"'{path.Replace("\0", "\\0")}' is no path. Give the path of an existing .safetensors file.");
        if (Directory.Exists(path)) throw new UserErrorException($"{path} is a folder. Give the path of an existing .safetensors file.");
        SafeFileHandle handle;
        try
        {
            handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UserErrorException($"There is no file {path}. Give the path of an existing .safetensors file.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"Cannot read {path}: {e.Message.ReplaceLineEndings(" ")}", e);
        }

        try
        {
            var length = RandomAccess.GetLength(handle);
            Span<byte> prefix = stackalloc byte[8];
            if (length < 8)
                throw SafeTensorsHeader.Damaged(path, $"it has {length} bytes, too few for a header");
            ReadFully(handle, prefix, 0, path);
            var headerLength = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
            if (headerLength > SafeTensorsHeader.MaximumLength || (long)headerLength > length - 8)
                throw SafeTensorsHeader.Damaged(path, $"it claims a header of {headerLength} bytes, but has {length} bytes in all");
            var header = new byte[headerLength]; // at most the file's own length
            ReadFully(handle, header, 8, path);
            var dataStart = 8L + header.Length;
            var (entries, metadata) = SafeTensorsHeader.Parse(header, length - dataStart, path);
            return new SafeTensorsFile(path, handle, dataStart, entries, metadata);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Whether the file has a tensor of this name.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <returns>True when it has.</returns>
    public bool Contains(string name) => byName.ContainsKey(name);

    /// <summary>The header's entry of a tensor.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <exception cref="UserErrorException">There is none of that name.</exception>
    public SafeTensorsEntry this[string name] => byName.TryGetValue(name, out var entry)
        ? entry
        : throw new UserErrorException($"{Path} has no tensor '{SafeTensorsHeader.Shorten(name)}'; it has {Listing()}.");

    /// <summary>Reads F64, F32, F16 or BF16 as float.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <returns>A new array, last index fastest.</returns>
    /// <exception cref="UserErrorException">No such tensor, another type, an unreadable file, or too little memory.</exception>
    public float[] ReadFloats(string name)
    {
        var entry = this[name];
        var values = NewArray<float>(entry, entry.Count);
        if (entry.DType == "F32" && BitConverter.IsLittleEndian)
        {
            // In pieces: a span of bytes over 2²⁹ floats or more would overflow its length.
            for (var done = 0; done < values.Length; done += PieceFloats)
                Read(entry, (long)done * sizeof(float), MemoryMarshal.AsBytes(values.AsSpan(done, Math.Min(PieceFloats, values.Length - done))));
            return values;
        }

        switch (entry.DType)
        {
            case "F64": Convert(entry, values, 8, b => (float)BinaryPrimitives.ReadDoubleLittleEndian(b)); break;
            case "F32": Convert(entry, values, 4, b => BinaryPrimitives.ReadSingleLittleEndian(b)); break;
            case "F16": Convert(entry, values, 2, b => (float)BinaryPrimitives.ReadHalfLittleEndian(b)); break;
            case "BF16": Convert(entry, values, 2, FromBFloat16); break;
            default: throw WrongType(entry, "a floating-point type (F64, F32, F16, BF16)");
        }

        return values;
    }

    /// <summary>Reads F64, F32, F16 or BF16 as double.</summary>
    /// <inheritdoc cref="ReadFloats"/>
    public double[] ReadDoubles(string name)
    {
        var entry = this[name];
        var values = NewArray<double>(entry, entry.Count);
        switch (entry.DType)
        {
            case "F64": Convert(entry, values, 8, b => BinaryPrimitives.ReadDoubleLittleEndian(b)); break;
            case "F32": Convert(entry, values, 4, b => (double)BinaryPrimitives.ReadSingleLittleEndian(b)); break;
            case "F16": Convert(entry, values, 2, b => (double)BinaryPrimitives.ReadHalfLittleEndian(b)); break;
            case "BF16": Convert(entry, values, 2, b => (double)FromBFloat16(b)); break;
            default: throw WrongType(entry, "a floating-point type (F64, F32, F16, BF16)");
        }

        return values;
    }

    /// <summary>Reads any integer type (or BOOL as 0 and 1).</summary>
    /// <inheritdoc cref="ReadFloats"/>
    public long[] ReadInts64(string name)
    {
        var entry = this[name];
        var values = NewArray<long>(entry, entry.Count);
        switch (entry.DType)
        {
            case "I64": Convert(entry, values, 8, b => BinaryPrimitives.ReadInt64LittleEndian(b)); break;
            case "I32": Convert(entry, values, 4, b => (long)BinaryPrimitives.ReadInt32LittleEndian(b)); break;
            case "I16": Convert(entry, values, 2, b => (long)BinaryPrimitives.ReadInt16LittleEndian(b)); break;
            case "I8": Convert(entry, values, 1, b => (long)(sbyte)b[0]); break;
            case "U32": Convert(entry, values, 4, b => (long)BinaryPrimitives.ReadUInt32LittleEndian(b)); break;
            case "U16": Convert(entry, values, 2, b => (long)BinaryPrimitives.ReadUInt16LittleEndian(b)); break;
            case "U8" or "BOOL": Convert(entry, values, 1, b => (long)b[0]); break;
            default: throw WrongType(entry, "an integer type (I64, I32, I16, I8, U32, U16, U8)");
        }

        return values;
    }

    /// <summary>Reads a tensor's bytes as they lie in the file (little-endian), whatever its type.</summary>
    /// <inheritdoc cref="ReadFloats"/>
    public byte[] ReadBytes(string name)
    {
        var entry = this[name];
        var bytes = NewArray<byte>(entry, entry.ByteCount);
        Read(entry, 0, bytes);
        return bytes;
    }

    /// <inheritdoc/>
    public void Dispose() => handle.Dispose();

    private delegate T Element<T>(ReadOnlySpan<byte> bytes);

    private static float FromBFloat16(ReadOnlySpan<byte> bytes) =>
        BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(bytes) << 16); // the upper half of a float

    private void Convert<T>(SafeTensorsEntry entry, T[] values, int size, Element<T> element)
    {
        var chunk = new byte[Math.Min(ChunkBytes, entry.ByteCount)];
        var done = 0;
        while (done < values.Length)
        {
            var count = Math.Min(values.Length - done, chunk.Length / size);
            Read(entry, (long)done * size, chunk.AsSpan(0, count * size));
            for (var i = 0; i < count; i++)
                values[done + i] = element(chunk.AsSpan(i * size, size));
            done += count;
        }
    }

    private void Read(SafeTensorsEntry entry, long offset, Span<byte> destination) =>
        ReadFully(handle, destination, dataStart + entry.Begin + offset, Path);

    private static void ReadFully(SafeFileHandle handle, Span<byte> destination, long position, string path)
    {
        try
        {
            while (destination.Length > 0)
            {
                var read = RandomAccess.Read(handle, destination, position);
                if (read == 0)
                    throw SafeTensorsHeader.Damaged(path, "it ended while it was being read");
                destination = destination[read..];
                position += read;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"Cannot read {path}: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    private T[] NewArray<T>(SafeTensorsEntry entry, long length) where T : unmanaged => length <= Array.MaxLength
        ? HostMemory.NewArray<T>(length)
        : throw new UserErrorException(
            $"{Path}: tensor '{SafeTensorsHeader.Shorten(entry.Name)}' {entry.ShapeText} has more elements than one array can hold ({Array.MaxLength}); split it.");

    private UserErrorException WrongType(SafeTensorsEntry entry, string wanted) =>
        new($"{Path}: tensor '{SafeTensorsHeader.Shorten(entry.Name)}' has dtype {entry.DType}; it must be {wanted}.");

    private string Listing() => Entries.Count switch
    {
        0 => "none at all",
        <= 12 => Names(Entries),
        _ => $"{Names(Entries.Take(12))} and {Entries.Count - 12} more",
    };

    private static string Names(IEnumerable<SafeTensorsEntry> entries) => string.Join(", ", entries.Select(entry => SafeTensorsHeader.Shorten(entry.Name)));
}
