namespace LpcEngine.Tests.Sweeps.Slurm;

/// <summary>Programs in a folder that comes first in the PATH: shell scripts in place of Slurm's.</summary>
internal static class FakeTools
{
    /// <summary>Writes one.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="name">Its name.</param>
    /// <param name="body">What bash runs.</param>
    public static void Write(string folder, string name, string body)
    {
        var path = Path.Combine(Directory.CreateDirectory(folder).FullName, name);
        File.WriteAllText(path, $"#!/bin/bash\n{body}\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>The environment in which they are found first.</summary>
    public static Dictionary<string, string> Before(string folder) => new() { ["PATH"] = $"{folder}:{Environment.GetEnvironmentVariable("PATH")}" };
}
