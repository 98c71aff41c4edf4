using LpcEngine.Engine;
using LpcEngine.Experiments.Runs;

namespace LpcEngine.Experiments.Data;

/// <summary>A class of an image folder.</summary>
/// <param name="Name">Its folder's name.</param>
/// <param name="Files">Its image files, in order.</param>
/// <param name="Others">Files beneath it that are no images by their names.</param>
internal sealed record FolderClass(string Name, IReadOnlyList<string> Files, IReadOnlyList<string> Others);

/// <summary>
/// Lists a folder whose sub folders are classes, as torchvision's <c>ImageFolder</c> does: classes by code points of their names, in each all image files at any
/// depth, folder by folder in the order of their paths. Links are followed. No file is opened.
/// </summary>
internal static class ImageFolder
{
    private static readonly EnumerationOptions Everything = new() { AttributesToSkip = 0, IgnoreInaccessible = false };

    /// <summary>The classes of a folder, empty ones as well.</summary>
    /// <exception cref="UserErrorException">A folder cannot be read, or links go round in a circle.</exception>
    public static IReadOnlyList<FolderClass> Classes(string folder)
    {
        try
        {
            return [.. Entries(folder).Folders.Select(Read)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"Cannot read the folder {folder}: {e.Message.ReplaceLineEndings(" ").TrimEnd('.')}.", e);
        }
    }

    /// <summary>Image files that lie in a folder itself, in no class.</summary>
    /// <exception cref="UserErrorException">The folder cannot be read.</exception>
    public static IReadOnlyList<string> Loose(string folder)
    {
        try
        {
            return [.. Entries(folder).Files.Where(ImageReader.IsImageName)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"Cannot read the folder {folder}: {e.Message.ReplaceLineEndings(" ").TrimEnd('.')}.", e);
        }
    }

    private static FolderClass Read(string folder)
    {
        List<(string Folder, string[] Files)> visited = [];
        Visit(folder, [], visited);
        var files = visited.OrderBy(visit => visit.Folder, CodePointOrder.Instance).SelectMany(visit => visit.Files).ToLookup(ImageReader.IsImageName);
        return new(Path.GetFileName(folder), [.. files[true]], [.. files[false]]);
    }

    // The real paths above a folder tell whether a link leads back.
    private static void Visit(string folder, List<string> above, List<(string Folder, string[] Files)> visited)
    {
        var real = RealPath.Of(folder);
        if (above.Contains(real)) throw new UserErrorException($"{folder} is a link to a folder above it: its images would never end. Remove the link.");
        var (folders, files) = Entries(folder);
        visited.Add((folder, files));
        above.Add(real);
        foreach (var inner in folders) Visit(inner, above, visited);
        above.RemoveAt(above.Count - 1);
    }

    private static (string[] Folders, string[] Files) Entries(string folder)
    {
        var folders = Directory.GetDirectories(folder, "*", Everything);
        var files = Directory.GetFiles(folder, "*", Everything);
        Array.Sort(folders, CodePointOrder.Instance);
        Array.Sort(files, CodePointOrder.Instance);
        return (folders, files);
    }
}
