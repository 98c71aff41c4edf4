using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace LpcEngine.Experiments.Data;

/// <summary>
/// Reads the regular files of a tar stream one after the other: V7, POSIX ustar and pax, GNU (POSIX.1-2001, pax "Interchange Format"; GNU tar manual, "Basic Tar Format").
/// Nothing is written anywhere. Links, devices, folders and sparse files are passed over.
/// </summary>
/// <remarks>.NET's own reader allocates what the header of an extension claims: a gigabyte for an archive of a kilobyte.</remarks>
/// <param name="stream">The archive, unpacked; read front to back.</param>
internal sealed class TarFiles(Stream stream)
{
    private const int Block = 512;

    // Names and comments of a file; a longer extension is no name any more.
    private const long LongestExtension = 1 << 20;

    private readonly byte[] header = new byte[Block];
    private long left, padding;

    /// <summary>The base name of the file at hand, without folders.</summary>
    public string Name { get; private set; } = "";

    /// <summary>Its length as the archive says.</summary>
    public long Length { get; private set; }

    /// <summary>Goes to the next regular file.</summary>
    /// <returns>False at the archive's end.</returns>
    /// <exception cref="InvalidDataException">The archive is damaged or cut off.</exception>
    public bool Next()
    {
        string? longName = null;
        long? longSize = null;
        var isSparse = false;
        while (true)
        {
            Skip();
            if (!ReadHeader()) return false;
            var kind = (char)header[156];
            var size = Number(header.AsSpan(124, 12));
            // Of links, devices, folders and pipes there is no content, whatever the size says.
            if (kind is >= '1' and <= '6') size = 0;
            else if (longSize is { } own && kind is not ('x' or 'g' or 'L' or 'K')) size = own;
            (left, padding) = (size, -size & (Block - 1));
            switch (kind)
            {
                case 'L':
                    longName = Text(Extension());
                    break;
                case 'x':
                    foreach (var (key, value) in Records(Extension()))
                    {
                        if (key == "path") longName = value;
                        else if (key == "size") longSize = long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var said) ? said : throw Damage("a size is no number");
                        else if (key.StartsWith("GNU.sparse.", StringComparison.Ordinal)) isSparse = true;
                    }
                    break;
                case 'g' or 'K':
                    break; // of all files, or of a link
                default:
                    // A sparse file's map goes on before its content.
                    if (kind == 'S' && header[482] != 0) SkipMap();
                    if (kind is '0' or '\0' or '7' && !isSparse)
                    {
                        var path = longName ?? Text(header.AsSpan(0, 100));
                        (Name, Length) = (path[(path.LastIndexOf('/') + 1)..], size);
                        if (Name.Length > 0) return true; // a folder of the oldest format ends in a slash
                    }
                    (longName, longSize, isSparse) = (null, null, false);
                    break;
            }
        }
    }

    /// <summary>The content of the file at hand; null when it is longer than <paramref name="limit"/>. Memory grows with what is really there.</summary>
    /// <exception cref="InvalidDataException">The archive is cut off.</exception>
    public byte[]? Read(long limit)
    {
        if (left > limit) return null;
        var content = BoundedStream.ReadExactly(stream, left) ?? throw Damage("it ends within a file");
        left = 0;
        return content;
    }

    private void Skip()
    {
        for (var rest = left + padding; rest > 0;)
        {
            var read = stream.Read(header, 0, (int)Math.Min(rest, Block));
            if (read == 0) throw Damage("it ends within a file");
            rest -= read;
        }
        (left, padding) = (0, 0);
    }

    // False behind the last file: at an empty block or at the stream's end.
    private bool ReadHeader()
    {
        var read = stream.ReadAtLeast(header, Block, throwOnEndOfStream: false);
        if (read == 0) return false;
        if (read < Block) throw Damage("it ends within a header");
        if (!header.AsSpan().ContainsAnyExcept((byte)0)) return false;
        int sum = 0, signed = 0; // old programs added signed bytes
        for (var i = 0; i < Block; i++)
        {
            var value = i is >= 148 and < 156 ? (byte)' ' : header[i];
            sum += value;
            signed += (sbyte)value;
        }
        var said = Number(header.AsSpan(148, 8));
        return said == sum || said == signed ? true : throw Damage("a header's checksum is wrong");
    }

    private void SkipMap()
    {
        // Each block of the map says in its 505th byte whether another follows.
        do
        {
            if (stream.ReadAtLeast(header, Block, throwOnEndOfStream: false) < Block) throw Damage("it ends within a sparse file's map");
        }
        while (header[504] != 0);
    }

    private byte[] Extension() => Read(LongestExtension) ?? throw Damage("an extended header is longer than any name");

    // Octal digits between blanks or zero bytes; or, with the highest bit set, a big-endian number (GNU).
    private static long Number(ReadOnlySpan<byte> field)
    {
        if ((field[0] & 0x80) != 0)
        {
            if (field[0] != 0x80 || field[1..^8].ContainsAnyExcept((byte)0)) throw Damage("a number is out of range");
            var big = BinaryPrimitives.ReadInt64BigEndian(field[^8..]);
            return big is >= 0 and < long.MaxValue - Block ? big : throw Damage("a number is out of range");
        }
        var digits = field.Trim(" \0"u8);
        long value = 0;
        foreach (var digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'7') throw Damage("a number has other digits than octal ones");
            value = (value << 3) + (digit - '0'); // at most 12 digits
        }
        return value;
    }

    private static string Text(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? field : field[..end]);
    }

    // "LENGTH KEY=VALUE\n", the length of the whole record in decimal.
    private static List<(string Key, string Value)> Records(ReadOnlySpan<byte> text)
    {
        List<(string, string)> records = [];
        while (text.Length > 0)
        {
            var blank = text.IndexOf((byte)' ');
            if (blank < 1 || !int.TryParse(text[..blank], NumberStyles.None, CultureInfo.InvariantCulture, out var length) || length <= blank + 1 || length > text.Length) throw Damage("an extended header's record is damaged");
            var record = text[(blank + 1)..length];
            var equals = record.IndexOf((byte)'=');
            if (equals < 0 || record[^1] != '\n') throw Damage("an extended header's record is damaged");
            records.Add((Encoding.UTF8.GetString(record[..equals]), Encoding.UTF8.GetString(record[(equals + 1)..^1])));
            text = text[length..];
        }
        return records;
    }

    private static InvalidDataException Damage(string what) => new(what);
}
