using System.Diagnostics;

namespace LpcEngine.Tests.Experiments;

/// <summary>The program as a process of its own: for signals, for what native libraries write, and for its environment.</summary>
internal static class Subprocess
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    /// <summary>Runs it to its end.</summary>
    public static (int Code, string Out, string Error) Run(Dictionary<string, string> environment, params string[] arguments)
    {
        using var process = Start(environment, arguments);
        return End(process);
    }

    /// <summary>Runs a command that must succeed, and returns what it wrote.</summary>
    public static string Succeed(params string[] arguments)
    {
        var (code, output, error) = Run([], arguments);
        Assert.That(code, Is.Zero, $"{string.Join(' ', arguments)}\n{output}\n{error}");
        return output;
    }

    /// <summary>Starts it.</summary>
    public static Process Start(Dictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, UseShellExecute = false,
        };
        start.ArgumentList.Add(Path.Combine(TestContext.CurrentContext.TestDirectory, "Experiments.dll"));
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return Process.Start(start)!;
    }

    /// <summary>Waits for its end and reads what it wrote.</summary>
    public static (int Code, string Out, string Error) End(Process process)
    {
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        if (!process.WaitForExit(Patience))
        {
            process.Kill();
            Assert.Fail("it does not end");
        }
        return (process.ExitCode, output.Result, error.Result);
    }

    /// <summary>Sends a signal by name.</summary>
    public static void Signal(Process process, string signal)
    {
        using var kill = Process.Start("kill", ["-s", signal, $"{process.Id}"]);
        kill.WaitForExit();
    }
}
