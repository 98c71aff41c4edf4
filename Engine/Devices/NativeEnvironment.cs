using System.Runtime.InteropServices;

namespace LpcEngine.Engine;

/// <summary>The environment as drivers see it.</summary>
/// <remarks>.NET keeps its own copy of the environment; on Unix native code sees only what libc was told.</remarks>
internal static partial class NativeEnvironment
{
    /// <summary>Sets a variable for native code, where the user has not set it.</summary>
    public static void Offer(string name, string value)
    {
        if (OperatingSystem.IsLinux() || OperatingSystem.IsMacOS()) _ = SetEnvironment(name, value, overwrite: 0);
        else if (Environment.GetEnvironmentVariable(name) is null) Environment.SetEnvironmentVariable(name, value);
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
