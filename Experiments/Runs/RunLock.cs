using System.Globalization;
using LpcEngine.Engine;

namespace LpcEngine.Experiments.Runs;

/// <summary>
/// Keeps a second process out of a run folder. The operating system holds the lock and drops it when the process ends, however it ends:
/// there are no stale locks to clear away.
/// </summary>
internal sealed class RunLock : IDisposable
{
    private const string LockName = ".lock", OwnerName = ".lock-owner";

    private readonly FileStream _stream;
    private readonly string _folder, _owner;

    private RunLock(FileStream stream, string folder, string owner) => (_stream, _folder, _owner) = (stream, folder, owner);

    /// <summary>Takes the lock.</summary>
    /// <exception cref="FolderInUseException">Another process has it.</exception>
    /// <exception cref="UserErrorException">The folder cannot be written.</exception>
    public static RunLock Take(string folder)
    {
        string path = Path.Combine(folder, LockName);
        FileStream stream;
        try
        {
            stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException problem) when (IsSharingViolation(problem))
        {
            throw new FolderInUseException(folder, Owner(folder));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw AtomicFile.CannotWrite(path, e);
        }

        try
        {
            // A file of its own: the locked one cannot be read by whoever finds it locked.
            string since = DateTime.Now.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
            string owner = $"process {Environment.ProcessId} on {Environment.MachineName} since {since}";
            AtomicFile.WriteText(Path.Combine(folder, OwnerName), owner);
            return new RunLock(stream, folder, owner);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Makes sure that the folder is still the one whose lock was taken: before what would spoil another run's.</summary>
    /// <remarks>A lock goes with its folder when somebody deletes that; the same command started again makes a new folder, with a lock of its own.</remarks>
    /// <exception cref="UserErrorException">The folder was deleted, or another process has one of the same name.</exception>
    public void RequireOwn()
    {
        if (!Directory.Exists(_folder))
        {
            throw new UserErrorException($"The run folder {_folder} was deleted while this run worked in it. Start the command again, which begins anew.");
        }

        if (ReadOwner(_folder) is { } owner && owner != _owner)
        {
            throw new UserErrorException($"The run folder {_folder} was deleted while this run worked in it, and {owner} has a new one of that name. This run ends; that one goes on.");
        }
    }

    /// <summary>Who has the lock of a folder now, in words; null when it is free or there is none. Changes nothing.</summary>
    public static string? Holder(string folder)
    {
        try
        {
            using var probe = new FileStream(Path.Combine(folder, LockName), FileMode.Open, FileAccess.Read, FileShare.Read);
            return null;
        }
        catch (IOException problem) when (IsSharingViolation(problem))
        {
            return Owner(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // whoever opens the folder finds out what is wrong with it
        }
    }

    /// <inheritdoc/>
    /// <remarks>The files stay: deleting a lock file while another process opens it would let two in.</remarks>
    public void Dispose() => _stream.Dispose();

    // A file that another process has open says so by the number of the error: EWOULDBLOCK of Linux or macOS, ERROR_SHARING_VIOLATION of Windows.
    private static bool IsSharingViolation(IOException problem) => problem.HResult is 11 or 35 or unchecked((int)0x80070020);

    private static string Owner(string folder) => ReadOwner(folder) is { Length: > 0 and < 300 } owner ? owner : "another process";

    private static string? ReadOwner(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, OwnerName));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
