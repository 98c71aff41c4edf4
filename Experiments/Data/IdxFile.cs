using System.Buffers.Binary;
using System.IO.Compression;
using LpcEngine.Engine;

namespace LpcEngine.Experiments.Data;

/// <summary>MNIST's idx format: a magic number, the lengths as big-endian words, then bytes. Plain or gzip.</summary>
internal static class IdxFile
{
    private const int MaximumSide = 4096;

    /// <summary>Images: the three lengths and count × height × width bytes.</summary>
    public static (int Count, int Height, int Width, byte[] Pixels) ReadImages(string path)
    {
        var (lengths, data) = Read(path, rank: 3);
        return (lengths[0], lengths[1], lengths[2], data);
    }

    /// <summary>Labels, one byte each.</summary>
    public static byte[] ReadLabels(string path) => Read(path, rank: 1).Data;

    private static (int[] Lengths, byte[] Data) Read(string path, int rank)
    {
        using var file = BoundedStream.Open(path);
        try
        {
            using var stream = BoundedStream.IsGzip(file) ? new GZipStream(file, CompressionMode.Decompress, leaveOpen: true) : (Stream)file;
            byte[] header = new byte[4 + (4 * rank)];
            if (stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) < header.Length)
            {
                throw Damaged(path, "it is too short for an idx header");
            }

            uint magic = BinaryPrimitives.ReadUInt32BigEndian(header), expected = 0x0800u + (uint)rank; // 08: bytes
            if (magic != expected)
            {
                throw Damaged(path, $"its magic number is 0x{magic:X8}, but idx {(rank == 1 ? "labels" : "images")} begin with 0x{expected:X8}");
            }

            int[] lengths = [.. Enumerable.Range(1, rank).Select(i => BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(4 * i)))];
            long total = 1;
            for (int i = 0; i < rank; i++)
            {
                if (lengths[i] < 1 || (i > 0 && lengths[i] > MaximumSide))
                {
                    throw Damaged(path, $"its header claims lengths {string.Join("×", lengths.Select(l => (uint)l))}");
                }

                total *= lengths[i]; // at most 2^31 · 2^12 · 2^12
            }

            // The claim is a limit, not a size to allocate: memory grows with what is really there.
            byte[]? data = total <= FileBundle.MaximumFile ? BoundedStream.ReadAll(stream, total) : null;
            if (data is null || data.LongLength != total)
            {
                string found = data is null ? "another number" : $"only {data.LongLength}";
                throw Damaged(path, $"its header promises {total} bytes ({string.Join("×", lengths)}) and {found} follow");
            }

            return (lengths, data);
        }
        catch (Exception e) when (BoundedStream.IsDamage(e))
        {
            throw Damaged(path, "it is truncated or damaged");
        }
    }

    private static UserErrorException Damaged(string path, string what) =>
        new($"{path} is not a sound idx file: {what}. Delete it and download it again (data get).");
}
