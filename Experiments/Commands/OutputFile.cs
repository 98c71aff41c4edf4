using LpcEngine.Engine;

namespace LpcEngine.Experiments.Commands;

/// <summary>Where a verb is to write.</summary>
internal static class OutputFile
{
    /// <summary>Refuses what is no file. A file is put in place by a rename; over a device, that would remove the device.</summary>
    /// <param name="option">The option that names it.</param>
    /// <param name="path">The path.</param>
    /// <param name="example">A file name.</param>
    /// <exception cref="UserErrorException">It is empty, a folder or a device.</exception>
    public static void Require(string option, string path, string example)
    {
        if (path.Length == 0) throw new UserErrorException($"{option} needs the name of a file, for example {example}.");
        var full = Path.GetFullPath(path);
        if (Directory.Exists(full)) throw new UserErrorException($"{option} {path} is a folder; give a file, for example {Path.Combine(path, example)}.");
        if (full.StartsWith("/dev/", StringComparison.Ordinal) && !full.StartsWith("/dev/shm/", StringComparison.Ordinal))
            throw new UserErrorException($"{option} {path} is a device; give a file, for example {example}.");
    }
}
