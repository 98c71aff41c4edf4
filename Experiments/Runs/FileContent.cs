namespace LpcEngine.Experiments.Runs;

/// <summary>Whether there is something to read.</summary>
internal static class FileContent
{
    /// <summary>Whether a path leads to a file with at least one byte.</summary>
    /// <remarks>Pipes, sockets and devices have no length. Nobody may open one of them to see: a pipe without a writer would never return.</remarks>
    /// <param name="path">A path; links are followed.</param>
    /// <exception cref="IOException">The links go round in a circle.</exception>
    public static bool IsThere(string path)
    {
        var file = new FileInfo(RealPath.Of(path)); // the length of a link is that of its text
        return file.Exists && file.Length > 0;
    }
}
