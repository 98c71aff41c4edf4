namespace LpcEngine.Tests.Support;

/// <summary>The checksum of PNG's chunks and of gzip (ISO 3309, reflected polynomial EDB88320).</summary>
internal static class Crc32
{
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var crc = ~0u;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xEDB88320u & (0 - (crc & 1)));
        }
        return ~crc;
    }
}
