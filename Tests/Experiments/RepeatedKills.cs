using System.Diagnostics;

namespace LpcEngine.Tests.Experiments;

/// <summary>The same run gives the same bits across kills at any moment.</summary>
/// <remarks>Nothing of this process but files in a folder of its own: other fixtures may run beside this one.</remarks>
[Parallelizable]
public sealed class RepeatedKills : RepeatedRun
{
    [Test]
    public void Killed_again_and_again_a_run_ends_with_the_same_bits()
    {
        // With a checkpoint after each step, kills come before, in and after the writing of one, within epochs and between them.
        string[] command = Command("killed", 30, "--checkpoint-every", "0");
        Subprocess.Succeed(Command("whole", 30));
        var random = new Random(5);
        var kills = 0;
        var places = new HashSet<(int, int)>();
        for (; kills < 7; kills++)
        {
            using var process = Start(command);
            // The first kills come at any time, before the first checkpoint too; the later ones soon after a checkpoint of this process, however slow its start.
            if (kills >= 2) WaitForCheckpoint("killed", process);
            if (process.WaitForExit(random.Next(kills < 2 ? 2000 : 300))) break;
            process.Kill(); // SIGKILL
            process.WaitForExit();
            if (File.Exists(folder["killed/checkpoint.safetensors"])) places.Add(Place("killed"));
        }
        using var last = Start(command);
        last.WaitForExit();
        Assert.That(last.ExitCode, Is.Zero);
        Assert.That(kills, Is.GreaterThan(0), "the run ended before it could be killed");
        Assert.That(places, Is.Not.Empty.And.Some.Matches<(int Epoch, int Step)>(place => place.Epoch > 2 || place.Step > 0), "no kill found a run under way");
        Assert.That(Weights("killed"), Is.EqualTo(Weights("whole")));
        Assert.That(EpochLines("killed"), Is.EqualTo(EpochLines("whole")));
    }

    private void WaitForCheckpoint(string run, Process process)
    {
        var path = folder[$"{run}/checkpoint.safetensors"];
        var before = File.GetLastWriteTimeUtc(path);
        while (File.GetLastWriteTimeUtc(path) == before && !process.WaitForExit(5)) { }
    }

    // Where a run's checkpoint stands: epoch and step of it.
    private (int Epoch, int Step) Place(string run)
    {
        using var file = SafeTensorsFile.Open(folder[$"{run}/checkpoint.safetensors"]);
        var state = System.Text.Json.Nodes.JsonNode.Parse(file.Metadata["lpc.state"])!;
        return ((int)state["epoch"]!, (int)state["step_of_epoch"]!);
    }

    private static Process Start(string[] arguments)
    {
        var here = TestContext.CurrentContext.TestDirectory;
        var start = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet")
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        string[] prefix = ["exec", "--runtimeconfig", Path.Combine(here, "Tests.runtimeconfig.json"), "--depsfile", Path.Combine(here, "Tests.deps.json"), Path.Combine(here, "Experiments.dll")];
        foreach (var argument in prefix.Concat(arguments)) start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }
}
