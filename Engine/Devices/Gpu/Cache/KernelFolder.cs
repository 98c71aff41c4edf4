using System.Security.Cryptography;
using System.Text;

namespace LpcEngine.Engine;

/// <summary>Compiled kernels on the disk, a file each, named after a digest of its key.</summary>
/// <remarks>
/// Nothing that happens to the folder stops a program: what can't be read is not there, what can't be written is not kept. Files are replaced as a whole, so that processes side by side
/// write the same one and read it in peace. What has not been used for long goes, and so does the oldest when the folder grows: other versions' kernels leave by themselves.
/// </remarks>
/// <param name="folder">The folder; null for none.</param>
/// <param name="mostBytes">What the files may have together.</param>
internal sealed class KernelFolder(string? folder, long mostBytes = 64L << 20)
{
    private const string Extension = ".kernel";

    // No kernel's text comes near it; whatever is larger is none.
    private const long LargestFile = 16L << 20;
    private static readonly TimeSpan Forgotten = TimeSpan.FromDays(60), Renewal = TimeSpan.FromDays(1);

    // Unknown until something is to be kept.
    private bool? keeps;

    /// <summary>The folder for kernels within the engine's cache.</summary>
    public static KernelFolder OfUser() => new(CacheFolder.Find() is { } cache ? Path.Combine(cache, "kernels") : null);

    /// <summary>A kernel that was kept.</summary>
    /// <param name="key">What it is made from.</param>
    /// <returns>The kernel; null where there is none, or none that is whole.</returns>
    public StoredKernel? Find(string key)
    {
        if (folder is null) return null;
        try
        {
            var file = new FileInfo(PathOf(key));
            if (!file.Exists || file.Length > LargestFile) return null;
            var kernel = StoredKernel.Parse(File.ReadAllBytes(file.FullName), key);
            if (kernel is not null) Renew(file);
            return kernel;
        }
        catch (Exception problem) when (CacheFolder.IsFilesFault(problem))
        {
            return null;
        }
    }

    /// <summary>Keeps a kernel, in the place of whatever is there.</summary>
    /// <param name="key">What it is made from.</param>
    /// <param name="kernel">The kernel.</param>
    /// <returns>Whether it is there now.</returns>
    public bool Keep(string key, StoredKernel kernel)
    {
        keeps ??= folder is not null && TryOpen(folder);
        if (keeps == false) return false;
        try
        {
            AtomicFile.Write(PathOf(key), stream => stream.Write(kernel.ToBytes(key)));
            return true;
        }
        catch (Exception problem) when (CacheFolder.IsFilesFault(problem))
        {
            keeps = false; // full, for instance: the next one would only cost time
            return false;
        }
    }

    private string PathOf(string key) => Path.Combine(folder!, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))) + Extension);

    // The time of writing says when a kernel was last used, to the day.
    private static void Renew(FileInfo file)
    {
        try
        {
            if (DateTime.UtcNow - file.LastWriteTimeUtc > Renewal) file.LastWriteTimeUtc = DateTime.UtcNow;
        }
        catch (Exception problem) when (CacheFolder.IsFilesFault(problem))
        {
            // A folder that may only be read serves as well.
        }
    }

    // A kernel is new: this is when others become superfluous.
    private bool TryOpen(string folder)
    {
        if (!CacheFolder.Make(folder)) return false;
        try
        {
            Prune(folder);
        }
        catch (Exception problem) when (CacheFolder.IsFilesFault(problem))
        {
            // Another process may be pruning as well.
        }
        return true;
    }

    private void Prune(string folder)
    {
        var bytes = 0L;
        // Temporary files are those of killed processes, or of one that is just writing and young.
        var files = new DirectoryInfo(folder).GetFiles().Where(file => file.Extension == Extension || file.Extension == AtomicFile.Extension && DateTime.UtcNow - file.LastWriteTimeUtc > Renewal);
        foreach (var file in files.OrderByDescending(file => file.LastWriteTimeUtc))
        {
            bytes += file.Length;
            if (file.Extension == AtomicFile.Extension || bytes > mostBytes || DateTime.UtcNow - file.LastWriteTimeUtc > Forgotten) Delete(file);
        }
    }

    private static void Delete(FileInfo file)
    {
        try
        {
            file.Delete();
        }
        catch (Exception problem) when (CacheFolder.IsFilesFault(problem))
        {
            // Another process was first, or has it open; it harms nobody.
        }
    }
}
