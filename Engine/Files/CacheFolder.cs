namespace LpcEngine.Engine;

/// <summary>Where the engine keeps what it could make again: compiled kernels.</summary>
/// <remarks>
/// <c>LPC_CACHE</c> names the folder, or says <c>off</c>. Otherwise it is <c>lpc-engine</c> in the platform's folder for such things: <c>$XDG_CACHE_HOME</c> or <c>~/.cache</c>,
/// on macOS <c>~/Library/Caches</c>, on Windows the local application data. It is the user's own and nobody else's: what lies in it is run.
/// </remarks>
public static class CacheFolder
{
    /// <summary>The environment variable that names the folder.</summary>
    public const string Variable = "LPC_CACHE";

    private const string Off = "off", Name = "lpc-engine";

    /// <summary>Where the folder is or would be; nobody has made it yet.</summary>
    /// <returns>A full path; null where there is none: switched off, no home, or no path at all.</returns>
    public static string? Find()
    {
        var chosen = Environment.GetEnvironmentVariable(Variable);
        if (chosen == Off) return null;
        try
        {
            return (string.IsNullOrEmpty(chosen) ? OfPlatform() : chosen) is { } path ? Path.GetFullPath(path) : null;
        }
        catch (Exception problem) when (IsFilesFault(problem))
        {
            return null;
        }
    }

    /// <summary>Makes a folder that only its user may enter, and those above it, if it is not there.</summary>
    /// <param name="path">The folder.</param>
    /// <returns>Whether files can be made in it.</returns>
    internal static bool Make(string path)
    {
        try
        {
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
            else Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            new FileStream(Path.Combine(path, $"{Guid.NewGuid():N}.tmp"), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose).Dispose();
            return true;
        }
        catch (Exception problem) when (IsFilesFault(problem))
        {
            return false;
        }
    }

    /// <summary>Whether an exception says that a file or folder can't be used: no reason to do without anything but the cache.</summary>
    /// <param name="problem">What was caught.</param>
    internal static bool IsFilesFault(Exception problem) =>
        problem is IOException or UnauthorizedAccessException or UserErrorException or ArgumentException or NotSupportedException or System.Security.SecurityException;

    private static string? OfPlatform()
    {
        if (OperatingSystem.IsWindows()) return Below(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), Name);
        // A relative path there is to be ignored, says the specification.
        if (Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { } xdg && Path.IsPathRooted(xdg)) return Below(xdg, Name);
        return Below(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), OperatingSystem.IsMacOS() ? $"Library/Caches/{Name}" : $".cache/{Name}");
    }

    private static string? Below(string folder, string name) => folder.Length == 0 ? null : Path.Combine(folder, name);
}
