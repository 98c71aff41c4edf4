namespace LpcEngine.Tests.Fuzzing;

/// <summary>A folder for many small files: in memory where the system has such a place, else among the temporary files.</summary>
internal sealed class RamFolder : IDisposable
{
    private const string Memory = "/dev/shm";

    public RamFolder()
    {
        var root = Directory.Exists(Memory) ? Memory : System.IO.Path.GetTempPath();
        Path = Directory.CreateDirectory(System.IO.Path.Combine(root, $"lpc-fuzz-{Environment.ProcessId}-{Guid.NewGuid():N}")).FullName;
    }

    public string Path { get; }

    /// <summary>Makes a folder within it.</summary>
    public string Folder(string name) => Directory.CreateDirectory(System.IO.Path.Combine(Path, name)).FullName;

    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (IOException)
        {
            // A hanging reader's file stays; the test has failed by then.
        }
    }
}
