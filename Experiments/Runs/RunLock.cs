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

    private RunLock(FileStream stream) => _stream = stream;

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
            AtomicFile.WriteText(Path.Combine(folder, OwnerName), $"process {Environment.ProcessId} on {Environment.MachineName} since {since}");
        }
        catch
        {
            stream.Dispose();
            throw;
        }

        return new RunLock(stream);
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

    private static string Owner(string folder)
    {
        try
        {
            string owner = File.ReadAllText(Path.Combine(folder, OwnerName));
            return owner.Length is > 0 and < 300 ? owner : "another process";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "another process";
        }
    }
}
