using System.Diagnostics;
using LpcEngine.Experiments.Completion;
using LpcEngine.Tests.Experiments;

namespace LpcEngine.Tests.Completion;

/// <summary>The shells of this machine, and one of them at work: a folder with files, a script of <c>completion</c>, and a function called probe that writes down its arguments.</summary>
internal sealed class Shells : IDisposable
{
    private readonly TemporaryFolder folder = new();

    /// <summary>Makes the folder. Program and script have blanks and a quote in their paths.</summary>
    public Shells(string shell)
    {
        Directory.CreateDirectory(folder["here/my dir/sub"]);
        foreach (var file in (string[])["my dir/a file.safetensors", "cat.png", "d og.png", "it's.png"]) File.WriteAllText(Path.Combine(Here, file), "");
        Directory.CreateSymbolicLink(folder["it's a program"], AppContext.BaseDirectory);
        string[] program = [Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", folder["it's a program/Experiments.dll"]];
        File.WriteAllText(Script, CompletionScript.Text(shell, "probe", program));
        Directory.CreateDirectory(folder["home"]);
    }

    /// <summary>The folder in which the shell is.</summary>
    public string Here => folder["here"];

    /// <summary>The script.</summary>
    public string Script => folder["a script"];

    private string Said => folder["said"];

    /// <summary>Where a program is; null when it isn't.</summary>
    public static string? Find(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(path => Path.Combine(path, name)).FirstOrDefault(File.Exists);

    /// <summary>Where a shell is; the test is ignored when it isn't.</summary>
    public static string Need(string name)
    {
        if (!OperatingSystem.IsLinux()) Assert.Ignore("these tests know Linux's terminals");
        if (Find(name) is not { } path) { Assert.Ignore($"this machine has no {name}"); throw new InvalidOperationException(); }
        return path;
    }

    /// <summary>What a shell makes of a script's text.</summary>
    public (int Code, string Out, string Error) Run(string shell, params string[] arguments)
    {
        using var process = Process.Start(Prepared(shell, arguments))!;
        process.StandardInput.Close();
        return Subprocess.End(process);
    }

    /// <summary>Types lines at a terminal, tabs and all, and returns the arguments that probe was called with: a line for each call, each word in brackets.</summary>
    /// <param name="shell">The command that starts the shell.</param>
    /// <param name="start">A file that the shell reads first, and what's in it beside probe and the script.</param>
    /// <param name="lines">What is typed; each line ends with the Enter key.</param>
    public string[] Type(string shell, (string File, string Text) start, IEnumerable<string> lines)
    {
        var file = folder[Path.Combine("home", start.File)];
        File.WriteAllText(file, $"{start.Text}\nPS1='$ '; unset HISTFILE\nprobe() {{ printf '[%s]' \"$@\" >> '{Said}'; echo >> '{Said}'; }}\nsource '{Script}'\n");
        using var process = Process.Start(Prepared(Need("script"), "-qec", shell.Replace("@START@", file, StringComparison.Ordinal), "/dev/null"))!;
        process.StandardInput.Write(string.Concat(lines.Append("exit").Select(line => line + "\n")));
        process.StandardInput.Close();
        var (_, output, error) = Subprocess.End(process);
        Assert.That(Said, Does.Exist, output + error);
        return File.ReadAllLines(Said);
    }

    /// <inheritdoc/>
    public void Dispose() => folder.Dispose();

    private ProcessStartInfo Prepared(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Here };
        foreach (var (name, value) in (Dictionary<string, string>)new() { ["HOME"] = folder["home"], ["ZDOTDIR"] = folder["home"], ["XDG_CONFIG_HOME"] = folder["home"], ["XDG_DATA_HOME"] = folder["home"], ["TERM"] = "xterm", ["INPUTRC"] = "/dev/null" })
            start.Environment[name] = value;
        return start;
    }
}
