using System.Globalization;

namespace LpcEngine.Engine;

/// <summary>How much memory the machine, or the container around this process, can still give without swapping.</summary>
/// <remarks>
/// Linux promises memory that it does not have, and kills the process that uses it: nobody could say which --batch would have fitted. So the processor's device asks before it takes much.
/// </remarks>
internal static class MachineMemory
{
    // What the rest of the machine, and this program's own objects, may need meanwhile.
    private const long LargestReserve = 1L << 30;
    private const int ReservedPart = 20;

    /// <summary>Bytes that can still be had; no bound where that can't be known.</summary>
    /// <param name="root">Where the system's files begin: "/", but in tests.</param>
    public static long Free(string root = "/")
    {
        if (root == "/" && !OperatingSystem.IsLinux()) return long.MaxValue;
        var known = new[] { OfMachine(root), OfGroup(root, "sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"), OfGroup(root, "sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file") };
        return known.Min() ?? long.MaxValue;
    }

    private static long? OfMachine(string root) =>
        Number(root, "proc/meminfo", "MemAvailable:") is { } available && Number(root, "proc/meminfo", "MemTotal:") is { } total ? WithoutReserve(available << 10, total << 10) : null;

    // What files take of a group's share goes when it is needed.
    private static long? OfGroup(string root, string folder, string limit, string used, string reclaimable) =>
        Number(root, $"{folder}/{limit}", "") is { } most && Number(root, $"{folder}/{used}", "") is { } now
            ? WithoutReserve(most - now + (Number(root, $"{folder}/memory.stat", reclaimable) ?? 0), most)
            : null;

    private static long WithoutReserve(long free, long total) => Math.Max(0, free - Math.Min(total / ReservedPart, LargestReserve));

    // The number behind the first line's beginning; null where there is none, like "max".
    private static long? Number(string root, string file, string name)
    {
        try
        {
            var line = File.ReadLines(Path.Combine(root, file)).FirstOrDefault(line => name.Length == 0 || line.StartsWith(name, StringComparison.Ordinal) && line[name.Length] is ' ' or '\t');
            var word = line?[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).FirstOrDefault();
            return long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
