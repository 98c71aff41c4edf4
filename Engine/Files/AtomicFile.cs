using System.Text;

namespace LpcEngine.Engine;

/// <summary>
/// Writes a file so that it is either the old one or the new one, whole, whenever the process or the machine stops:
/// a temporary file beside it, flushed to the disk, then renamed over it.
/// </summary>
/// <remarks>
/// The temporary file has a name of its own for each write and is held open and locked until it has its final name: two processes that write
/// the same file never touch each other's half. What a killed process left behind is removed by the next write of the same file.
/// </remarks>
public static class AtomicFile
{
    private const int NoSpaceLeft = 28;     // ENOSPC, which .NET puts into HResult on Unix
    private const int QuotaExceeded = 122;  // EDQUOT
    private const int ReadOnlySystem = 30;  // EROFS
    private const int DiskFull = unchecked((int)0x80070070); // ERROR_DISK_FULL on Windows
    private const int MostAttempts = 100;

    /// <summary>What the names of temporary files end with.</summary>
    internal const string Extension = ".tmp";

    private static int writes;

    /// <summary>Writes <paramref name="path"/> through <paramref name="write"/>.</summary>
    /// <param name="path">The file; its folder must exist.</param>
    /// <param name="write">Writes the content. If it throws, the old file stays as it was.</param>
    /// <exception cref="UserErrorException">The path is empty, the folder cannot be written, or the disk is full.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        CheckName(path);
        string? temporary = null;
        try
        {
            RemoveLeftoversOf(path);
            using var stream = CreateTemporary(path, out temporary);
            write(stream);
            stream.Flush(flushToDisk: true);
            File.Move(temporary, path, overwrite: true);
            temporary = null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CannotWrite(path, e);
        }
        finally
        {
            if (temporary is not null) TryDelete(temporary);
        }
    }

    /// <summary>Writes text as UTF-8, with the same promise as <see cref="Write"/>.</summary>
    /// <param name="path">The file; its folder must exist.</param>
    /// <param name="text">The whole content.</param>
    /// <exception cref="UserErrorException">The path is empty, the folder cannot be written, or the disk is full.</exception>
    public static void WriteText(string path, string text) => Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));

    /// <summary>Creates a folder and those above it.</summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="UserErrorException">The path is empty, or it cannot be created.</exception>
    public static void CreateFolder(string path)
    {
        CheckName(path);
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (IOException e) when (FileAt(path) is { } file)
        {
            throw new UserErrorException($"Cannot write {path}: {(file == Path.GetFullPath(path) ? "it" : file)} is a file, not a folder; choose another folder.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CannotWrite(path, e);
        }
    }

    /// <summary>Removes what killed processes left of any file in a folder; the temporary files of living writers stay.</summary>
    /// <remarks>For a folder that nothing may ever be written to again. Each write removes what was left of its own file.</remarks>
    /// <param name="folder">The folder, there or not; those beneath it are not looked at.</param>
    public static void RemoveLeftovers(string folder)
    {
        if (!Directory.Exists(folder)) return;
        try
        {
            foreach (var file in Directory.EnumerateFiles(folder, "*" + Extension))
            {
                // NAME.PROCESS-NUMBER: the name is what stands before the last dot.
                var name = Path.GetFileNameWithoutExtension(file);
                if (name.LastIndexOf('.') is > 0 and var dot && IsTemporary(Path.GetFileName(file), name[..dot])) TryDeleteUnlocked(file);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // They harm nobody.
        }
    }

    /// <summary>The one line that tells the user why a file could not be written, and the way out.</summary>
    /// <param name="path">What was to be written.</param>
    /// <param name="cause">What the system said.</param>
    /// <returns>The exception to throw; it holds the cause.</returns>
    public static UserErrorException CannotWrite(string path, Exception cause)
    {
        var reason = cause switch
        {
            IOException { HResult: NoSpaceLeft or QuotaExceeded or DiskFull } => "the disk is full; free some space, or choose another folder",
            UnauthorizedAccessException or IOException { HResult: ReadOnlySystem } => "no permission, or the folder is read-only; choose another folder",
            DirectoryNotFoundException or FileNotFoundException => "its folder does not exist; create it, or choose another folder",
            PathTooLongException => "the path is too long; choose a shorter one",
            _ => cause.Message.ReplaceLineEndings(" ").Trim(),
        };
        return new UserErrorException($"Cannot write {path}: {reason.TrimEnd('.')}.", cause);
    }

    // What stands in a folder's way: a file at its path or above it.
    private static string? FileAt(string path)
    {
        for (var at = Path.GetFullPath(path); at is not null; at = Path.GetDirectoryName(at))
            if (File.Exists(at)) return at;
        return null;
    }

    // What .NET would answer with an ArgumentException.
    private static void CheckName(string path)
    {
        if (path.Length == 0 || path.Contains('\0')) throw new UserErrorException($"Cannot write '{path.Replace("\0", "\\0")}': that is no path; give a file's name.");
    }

    // Sharing: nobody else may open it to write or read, on Windows it may be renamed while it is open, and on Unix it is locked, which tells
    // RemoveLeftoversOf that its process lives.
    private static FileStream CreateTemporary(string path, out string temporary)
    {
        for (var attempt = 1; ; attempt++)
        {
            temporary = $"{path}.{Environment.ProcessId}-{Interlocked.Increment(ref writes)}{Extension}";
            try
            {
                var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.Delete, 1 << 16);
                // Between its creation and its lock somebody may have taken it for a leftover. From the lock on nobody does.
                if (File.Exists(temporary)) return stream;
                stream.Dispose();
                if (attempt >= MostAttempts) throw new IOException("another process removes its temporary files");
            }
            catch (IOException e) when (attempt < MostAttempts && e is not (DirectoryNotFoundException or PathTooLongException))
            {
                // Somebody is just looking whether it is a leftover, or on a shared disk another machine's process has the same number: with another name it works.
            }
        }
    }

    private static void RemoveLeftoversOf(string path)
    {
        var name = Path.GetFileName(path);
        var folder = Path.GetDirectoryName(Path.GetFullPath(path));
        if (folder is null || !Directory.Exists(folder)) return;
        foreach (var file in Directory.EnumerateFiles(folder))
            if (IsTemporary(Path.GetFileName(file), name)) TryDeleteUnlocked(file);
    }

    // NAME.PROCESS-NUMBER.tmp; NAME.tmp is what older versions wrote.
    private static bool IsTemporary(ReadOnlySpan<char> file, string name)
    {
        if (!file.StartsWith(name, StringComparison.Ordinal) || !file.EndsWith(Extension, StringComparison.Ordinal) || file.Length < name.Length + Extension.Length) return false;
        var middle = file[name.Length..^Extension.Length];
        return middle.IsEmpty || middle[0] == '.' && middle.Contains('-') && !middle[1..].ContainsAnyExcept("0123456789-");
    }

    // Opening it alone fails while its writer lives.
    private static void TryDeleteUnlocked(string path)
    {
        try
        {
            using var alone = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // In use, or not ours to remove; it harms nobody.
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The first failure is the one to report.
        }
    }
}
