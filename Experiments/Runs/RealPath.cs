namespace LpcEngine.Experiments.Runs;

/// <summary>Where a path leads: the same place has one real path, whatever links lead there.</summary>
internal static class RealPath
{
    // As Linux does; more are a loop.
    private const int MostLinks = 40;

    /// <summary>Follows every symbolic link of a path.</summary>
    /// <param name="path">A path; what it names need not be there.</param>
    /// <returns>An absolute path without links, "." and "..".</returns>
    /// <exception cref="IOException">The links go round in a circle.</exception>
    public static string Of(string path)
    {
        var full = Path.GetFullPath(path);
        var real = Path.GetPathRoot(full)!;
        var ahead = new Stack<string>(Parts(full));
        for (var links = 0; ahead.TryPop(out var part);)
        {
            if (part == ".") continue;
            if (part == "..")
            {
                real = Path.GetDirectoryName(real) ?? real;
                continue;
            }
            var next = Path.Combine(real, part);
            if (new FileInfo(next).LinkTarget is not { } target)
            {
                real = next;
                continue;
            }
            if (++links > MostLinks) throw new IOException("its links go round in a circle");
            if (Path.IsPathRooted(target)) real = Path.GetPathRoot(target)!;
            foreach (var piece in Parts(target)) ahead.Push(piece);
        }
        return real;
    }

    /// <summary>Whether a folder is another one or holds it, at any depth. Both paths are real.</summary>
    public static bool Holds(string folder, string other) =>
        other == folder || other.StartsWith(Path.EndsInDirectorySeparator(folder) ? folder : folder + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    // The last first, as a stack takes them.
    private static IEnumerable<string> Parts(string path) =>
        path[Path.GetPathRoot(path)!.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries).Reverse();
}
