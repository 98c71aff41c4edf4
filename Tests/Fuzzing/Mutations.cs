using System.Buffers.Binary;

namespace LpcEngine.Tests.Fuzzing;

/// <summary>Damages the content of a file. The same seed gives the same damage, on every machine.</summary>
internal static class Mutations
{
    // What length fields are set to: nothing, the edges of every width and sign, and what overflows when it is multiplied.
    private static readonly ulong[] Extremes =
    [
        0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFE, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFF, 0x100000000, 0x0FFFFFFFFFFFFFFF, 0x4000000000000001,
        0x7FFFFFFFFFFFFFFF, 0x8000000000000000, 0xFFFFFFFFFFFFFFF8, 0xFFFFFFFFFFFFFFFF,
    ];

    // What numbers in text are set to.
    private static readonly string[] Texts =
    [
        "0", "-1", "1e308", "1e999", "-1e400", "2147483648", "4294967296", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "0.1", "1e-320", "null", "true", "\"x\"", "[]", "{}", "NaN", "[1,2]",
        "77777777777", "\"\\ud800\"",
    ];

    /// <summary>A damaged copy of one of several files.</summary>
    /// <param name="seeds">Sound files.</param>
    /// <param name="seed">Decides which, and what happens to it.</param>
    public static byte[] Of(IReadOnlyList<byte[]> seeds, int seed)
    {
        var random = new Random(seed);
        var content = seeds[random.Next(seeds.Count)];
        // One wound in most files, so that nothing else hides it.
        var wounds = random.Next(3) < 2 ? 1 : random.Next(2, 6);
        for (var i = 0; i < wounds; i++) content = Once(content, seeds, random);
        return content;
    }

    private static byte[] Once(byte[] content, IReadOnlyList<byte[]> seeds, Random random)
    {
        if (content.Length == 0) return [(byte)random.Next(256)];
        // Half of all wounds hit the beginning, where headers are.
        var at = random.Next(random.Next(2) == 0 ? Math.Min(content.Length, 512) : content.Length);
        var length = 1 + random.Next(Math.Min(content.Length - at, 1 << random.Next(12)));
        switch (random.Next(12))
        {
            case 0: return Changed(content, copy => copy[at] ^= (byte)(1 << random.Next(8)));
            case 1: return Changed(content, copy => copy[at] = (byte)random.Next(256));
            case 2: return content[..at];
            case 3: return Changed(content, copy => random.NextBytes(copy.AsSpan(at, length)));
            case 4: return Changed(content, copy => copy.AsSpan(at, length).Fill(random.Next(2) == 0 ? (byte)0 : (byte)0xFF));
            case 5: return [.. content[..at], .. content[(at + length)..]];
            case 6: return [.. content[..at], .. content.AsSpan(at, length), .. content[at..]]; // a part twice
            case 7:
                var other = seeds[random.Next(seeds.Count)]; // the head of one file, the tail of another
                return [.. content[..at], .. other[random.Next(other.Length + 1)..]];
            case 8: return Changed(content, copy => Overwrite(copy, at, random));
            case 9: return NumberReplaced(content, at, random);
            case 10: return [.. content, .. content.AsSpan(at, length)]; // something behind the end
            default:
                var to = random.Next(content.Length - length + 1); // a part somewhere else
                return Changed(content, copy => content.AsSpan(at, length).CopyTo(copy.AsSpan(to)));
        }
    }

    private static byte[] Changed(byte[] content, Action<byte[]> change)
    {
        var copy = (byte[])content.Clone();
        change(copy);
        return copy;
    }

    private static void Overwrite(byte[] copy, int at, Random random)
    {
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(number, Extremes[random.Next(Extremes.Length)]);
        var width = 1 << random.Next(1, 4);
        var field = number[..width];
        if (random.Next(2) == 0) field.Reverse();
        if (random.Next(2) == 0) at -= at % width;
        field[..Math.Min(width, copy.Length - at)].CopyTo(copy.AsSpan(at));
    }

    // The next number in decimal or octal digits becomes another one, or no number at all.
    private static byte[] NumberReplaced(byte[] content, int at, Random random)
    {
        while (at < content.Length && content[at] is < (byte)'0' or > (byte)'9') at++;
        var end = at;
        while (end < content.Length && content[end] is >= (byte)'0' and <= (byte)'9') end++;
        if (at == end) return content[..^1];
        var text = System.Text.Encoding.ASCII.GetBytes(Texts[random.Next(Texts.Length)]);
        // Headers of a fixed layout keep it; texts may grow.
        if (random.Next(2) == 0 || end - at < 4) return [.. content[..at], .. text, .. content[end..]];
        return Changed(content, copy => copy.AsSpan(at, end - at).Fill((byte)('0' + random.Next(10))));
    }
}
