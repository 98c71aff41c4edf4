using LpcEngine.Engine;

namespace LpcEngine.Experiments.Data;

/// <summary>Reads streams whose length nobody vouches for: memory grows with what really arrives, up to a limit.</summary>
internal static class BoundedStream
{
    /// <summary>Everything up to the stream's end, or null when there is more than <paramref name="limit"/>.</summary>
    public static byte[]? ReadAll(Stream stream, long limit)
    {
        // A file's own length can be believed, any other promise cannot. One more byte finds the end without growing.
        long expected = stream is FileStream file ? file.Length - file.Position : 1 << 16;
        byte[] buffer = new byte[Math.Min(limit, expected) + 1];
        int length = 0;
        while (true)
        {
            int read = stream.Read(buffer, length, buffer.Length - length);
            if (read == 0)
            {
                Array.Resize(ref buffer, length);
                return buffer;
            }

            length += read;
            if (length > limit)
            {
                return null;
            }

            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, (int)Math.Min(limit + 1, length * 2L));
            }
        }
    }

    /// <summary>So many bytes, or null when the stream ends before. Memory grows with what really arrives.</summary>
    public static byte[]? ReadExactly(Stream stream, long length)
    {
        byte[] buffer = new byte[Math.Min(length, 1 << 16)];
        int filled = 0;
        while (true)
        {
            filled += stream.ReadAtLeast(buffer.AsSpan(filled), buffer.Length - filled, throwOnEndOfStream: false);
            if (filled < buffer.Length)
            {
                return null;
            }

            if (filled == length)
            {
                return buffer;
            }

            Array.Resize(ref buffer, (int)Math.Min(length, buffer.Length * 2L));
        }
    }

    /// <summary>Opens a file for reading from front to back.</summary>
    /// <exception cref="UserErrorException">It cannot be read.</exception>
    public static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"Cannot read {path}: {e.Message.ReplaceLineEndings(" ")}");
        }
    }

    /// <summary>Whether a file begins with gzip's two magic bytes; its name may say anything. Leaves the position at the start.</summary>
    public static bool IsGzip(FileStream stream)
    {
        bool gzip = stream.ReadByte() == 0x1F && stream.ReadByte() == 0x8B;
        stream.Position = 0;
        return gzip;
    }

    /// <summary>Whether an exception is what damaged input makes readers of gzip and tar throw.</summary>
    public static bool IsDamage(Exception e) => e is IOException or InvalidDataException or UnauthorizedAccessException
        or FormatException or ArgumentException or OverflowException or NotSupportedException or InvalidOperationException;
}
