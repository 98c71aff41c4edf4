using LpcEngine.Experiments.Runs;

namespace LpcEngine.Experiments.Reports;

/// <summary>Looks for run folders beneath a folder, whatever else lies there.</summary>
/// <remarks>
/// Links to folders are followed when all others have been seen, and each folder is looked at once, whatever leads to it, so that no run counts twice and no circle of links holds up
/// the search. What cannot be looked at costs a line in <see cref="Skipped"/> and nothing else. Hidden folders are left alone. No file is opened.
/// </remarks>
internal sealed class RunSearch
{
    private const int Deepest = 12;

    private static readonly EnumerationOptions Everything = new() { AttributesToSkip = FileAttributes.Hidden, IgnoreInaccessible = false };

    private readonly string root;
    private readonly HashSet<string> seen = new(StringComparer.Ordinal);
    private readonly Queue<(string Link, int Depth)> links = [];
    private readonly List<string> folders = [], skipped = [];

    /// <summary>Searches.</summary>
    /// <param name="path">The folder; a link to one is as good.</param>
    public RunSearch(string path)
    {
        root = RealPath.Of(path);
        Visit(path, root, 0);
        while (links.TryDequeue(out var next)) Follow(next.Link, next.Depth);
        folders.Sort(StringComparer.Ordinal);
    }

    /// <summary>Folders with a config.json, by their names.</summary>
    public IReadOnlyList<string> Folders => folders;

    /// <summary>A line for each thing that could not be looked at: where, and why.</summary>
    public IReadOnlyList<string> Skipped => skipped;

    private void Visit(string folder, string real, int depth)
    {
        if (!seen.Add(real)) return;
        if (depth > Deepest)
        {
            skipped.Add($"{folder}: more than {Deepest} folders beneath {root}, not looked at");
            return;
        }
        try
        {
            foreach (var entry in new DirectoryInfo(folder).GetFileSystemInfos("*", Everything).OrderBy(entry => entry.Name, StringComparer.Ordinal))
            {
                var path = Path.Combine(folder, entry.Name);
                if (entry.LinkTarget is not null && Leads(path) != Target.File) links.Enqueue((path, depth + 1));
                else if (entry is DirectoryInfo) Visit(path, Path.Combine(real, entry.Name), depth + 1);
                else if (entry.Name == RunFolder.ConfigName) folders.Add(folder);
            }
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            skipped.Add($"{folder}: cannot be read ({problem.Message.ReplaceLineEndings(" ")})");
        }
    }

    private void Follow(string link, int depth)
    {
        if (Leads(link) != Target.Folder)
        {
            skipped.Add($"{link}: a link that leads nowhere");
            return;
        }
        var real = RealPath.Of(link);
        // Beneath such a folder lies the one that was named, and whatever its owner did not mean.
        if (RealPath.Holds(real, root)) skipped.Add($"{link}: a link to {real}, above what was to be searched; not followed");
        else if (seen.Contains(real)) skipped.Add($"{link}: a link to {real}, which was looked at already");
        else Visit(link, real, depth);
    }

    private static Target Leads(string link)
    {
        try
        {
            var real = RealPath.Of(link);
            return Directory.Exists(real) ? Target.Folder : File.Exists(real) ? Target.File : Target.Nowhere;
        }
        catch (IOException)
        {
            return Target.Nowhere;
        }
    }

    private enum Target
    {
        Nowhere,
        File,
        Folder,
    }
}
