using System.Globalization;

namespace LpcEngine.Engine;

/// <summary>The processor's caches, for kernels that cut their work so that it stays in them.</summary>
/// <remarks>
/// Only cuts that leave every sum as it is may follow the machine: results must not depend on its caches. Read once, from what Linux says of
/// the first core; where nothing is said, the sizes are <see cref="UsualLevel2"/> and <see cref="UsualLevel3"/>.
/// </remarks>
public static class CacheSizes
{
    /// <summary>1 MiB.</summary>
    public const long UsualLevel2 = 1L << 20;

    /// <summary>32 MiB.</summary>
    public const long UsualLevel3 = 32L << 20;

    /// <summary>Bytes of a core's second-level cache.</summary>
    public static long Level2 { get; } = Read("/sys/devices/system/cpu/cpu0/cache", 2) ?? UsualLevel2;

    /// <summary>Bytes of the cache that cores share; that of the second level where there is no third.</summary>
    public static long Level3 { get; } = Read("/sys/devices/system/cpu/cpu0/cache", 3) ?? Read("/sys/devices/system/cpu/cpu0/cache", 2) ?? UsualLevel3;

    /// <summary>Reads one level's size from a folder as Linux lays it out: index*/level, index*/type, index*/size.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="level">2 or 3.</param>
    /// <returns>Bytes; null where the folder doesn't say.</returns>
    internal static long? Read(string folder, int level)
    {
        try
        {
            if (!Directory.Exists(folder)) return null;
            foreach (var index in Directory.EnumerateDirectories(folder, "index*"))
            {
                if (Line(index, "level") != level.ToString(CultureInfo.InvariantCulture) || Line(index, "type") is not ("Unified" or "Data")) continue;
                if (Bytes(Line(index, "size")) is { } bytes) return bytes;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A machine that doesn't let us read is one that doesn't say.
        }
        return null;
    }

    private static string Line(string folder, string name) => File.ReadAllText(Path.Combine(folder, name)).Trim();

    // "1024K", "32M" or plain bytes.
    private static long? Bytes(string text)
    {
        var shift = text.EndsWith('K') ? 10 : text.EndsWith('M') ? 20 : 0;
        return long.TryParse(shift > 0 ? text[..^1] : text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and < 1 << 30
            ? number << shift
            : null;
    }
}
