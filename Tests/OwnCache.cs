using System.Runtime.CompilerServices;

namespace LpcEngine.Tests;

/// <summary>The tests, and the programs that they start, keep compiled kernels in a folder of their own, not in the user's.</summary>
internal static class OwnCache
{
    private static readonly string Folder = Path.Combine(Path.GetTempPath(), $"lpc-test-cache-{Environment.ProcessId}");

    /// <summary>Runs before any device is opened.</summary>
    [ModuleInitializer]
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Usage", "CA2255", Justification = "Devices are opened while the tests are still being found.")]
    internal static void Choose() => Environment.SetEnvironmentVariable(CacheFolder.Variable, Folder);

    /// <summary>Removes it.</summary>
    public static void Remove()
    {
        if (Directory.Exists(Folder)) Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Another folder, or none, while something is tested.</summary>
    public static IDisposable Instead(string? folder) => new Other(folder);

    private sealed class Other : IDisposable
    {
        private readonly string? before = Environment.GetEnvironmentVariable(CacheFolder.Variable);

        public Other(string? folder) => Environment.SetEnvironmentVariable(CacheFolder.Variable, folder);

        public void Dispose() => Environment.SetEnvironmentVariable(CacheFolder.Variable, before);
    }
}
