namespace LpcEngine.Engine;

/// <summary>
/// Writes a file so that it is either the old one or the new one, whole, whenever the process or the machine stops:
/// a temporary file beside it, flushed to the disk, then renamed over it.
/// </summary>
public static class AtomicFile
{
    private const int NoSpaceLeft = 28;     // ENOSPC, which .NET puts into HResult on Unix
    private const int QuotaExceeded = 122;  // EDQUOT
    private const int DiskFull = unchecked((int)0x80070070); // ERROR_DISK_FULL on Windows

    /// <summary>Writes <paramref name="path"/> through <paramref name="write"/>.</summary>
    /// <param name="path">The file; its folder must exist.</param>
    /// <param name="write">Writes the content. If it throws, the old file stays as it was.</param>
    /// <exception cref="UserErrorException">The folder cannot be written, or the disk is full.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        // One fixed name, so that a kill leaves at most one file behind and the next write takes it over. FileShare.None
        // keeps two processes from writing it at once.
        string temporary = path + ".tmp";
        bool ours = false;
        try
        {
            using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16))
            {
                ours = true;
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
            ours = false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CannotWrite(path, e);
        }
        finally
        {
            if (ours)
            {
                TryDelete(temporary);
            }
        }
    }

    /// <summary>Writes text as UTF-8, with the same promise as <see cref="Write"/>.</summary>
    /// <param name="path">The file; its folder must exist.</param>
    /// <param name="text">The whole content.</param>
    /// <exception cref="UserErrorException">The folder cannot be written, or the disk is full.</exception>
    public static void WriteText(string path, string text) =>
        Write(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));

    /// <summary>Creates a folder and those above it.</summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="UserErrorException">It cannot be created.</exception>
    public static void CreateFolder(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CannotWrite(path, e);
        }
    }

    /// <summary>The one line that tells the user why a file could not be written, and the way out.</summary>
    /// <param name="path">What was to be written.</param>
    /// <param name="cause">What the system said.</param>
    public static UserErrorException CannotWrite(string path, Exception cause)
    {
        string reason = cause switch
        {
            IOException { HResult: NoSpaceLeft or QuotaExceeded or DiskFull } => "the disk is full; free some space, or choose another folder",
            UnauthorizedAccessException => "no permission, or the folder is read-only; choose another folder",
            DirectoryNotFoundException or FileNotFoundException => "its folder does not exist and cannot be created; choose another folder",
            PathTooLongException => "the path is too long; choose a shorter one",
            _ => cause.Message.ReplaceLineEndings(" ").Trim(),
        };
        return new UserErrorException($"Cannot write {path}: {reason}");
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
