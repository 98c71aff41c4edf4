using System.Diagnostics;
using System.Runtime.InteropServices;

namespace LpcEngine.Experiments.Sweeps;

/// <summary>How to start this same program again: as it was built, never by <c>dotnet run</c>, which would build first.</summary>
internal static class ThisProgram
{
    private static readonly string Name = typeof(ThisProgram).Assembly.GetName().Name!;

    // A program in one file has none.
    private static string Assembly => Path.Combine(AppContext.BaseDirectory, Name + ".dll");

    /// <summary>On this machine, now: the executable itself, or the dotnet host with this assembly.</summary>
    public static ProcessStartInfo Start()
    {
        var host = Environment.ProcessPath;
        var name = Path.GetFileNameWithoutExtension(host);
        if (host is not null && name == Name) return new ProcessStartInfo(host);
        return new ProcessStartInfo(name == "dotnet" ? host! : Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet") { ArgumentList = { Assembly } };
    }

    /// <summary>The words that start it elsewhere or later, with full paths: the host of the runtime that runs this, then the assembly.</summary>
    /// <remarks>The executable beside an assembly finds its runtime by the environment, which a job may lack. A program that has its runtime with it is its own host.</remarks>
    public static IReadOnlyList<string> Words()
    {
        // <root>/shared/Microsoft.NETCore.App/<version>/ belongs to <root>/dotnet.
        var host = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));
        if (File.Exists(Assembly) && File.Exists(host)) return [host, Assembly];
        var start = Start();
        return [start.FileName, .. start.ArgumentList];
    }
}
