using System.Buffers.Binary;
using System.Text;
using LpcEngine.Tests.Support;

namespace LpcEngine.Tests.Fuzzing;

/// <summary>Puts the checksums of damaged files right: a reader that stops at the first of them would hide what lies behind.</summary>
internal static class Checksums
{
    /// <summary>PNG: the CRC behind each chunk.</summary>
    public static byte[] OfPng(byte[] png)
    {
        for (long at = 8; at + 12 <= png.Length;)
        {
            long length = BinaryPrimitives.ReadUInt32BigEndian(png.AsSpan((int)at));
            if (at + 12 + length > png.Length) break;
            BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan((int)(at + 8 + length)), Crc32.Of(png.AsSpan((int)at + 4, (int)length + 4)));
            at += 12 + length;
        }
        return png;
    }

    /// <summary>tar: the sum of each header's bytes, the field of the sum counted as blanks (POSIX.1-1988).</summary>
    public static byte[] OfTar(byte[] tar)
    {
        for (var at = 0; at + 512 <= tar.Length; at += 512)
        {
            var block = tar.AsSpan(at, 512);
            if (!block.Slice(257, 5).SequenceEqual("ustar"u8)) continue;
            block.Slice(148, 8).Fill((byte)' ');
            var sum = 0;
            foreach (var value in block) sum += value;
            Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(block[148..]);
        }
        return tar;
    }
}
