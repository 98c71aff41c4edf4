using System.Text.Json;

namespace LpcEngine.Tests.Benchmarks.Acceptance;

/// <summary>What <c>gpu-acceptance</c> prints and writes: one table, one file of JSON, the same rows in both, each part by a process of its own.</summary>
public sealed class AcceptanceContract
{
    [Test]
    public void Table_and_file_have_the_same_rows_and_say_what_was_not_run()
    {
        using var folder = new TemporaryFolder();
        var run = CommandLineRun.Of("gpu-acceptance", "--device", "emulator", "--parts", "roofline,goldens,correctness", "--operations", "scale", "--out", folder["a.json"]);
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        using var json = JsonDocument.Parse(File.ReadAllText(folder["a.json"]));
        var root = json.RootElement;
        Assert.That((root.GetProperty("device").GetString(), root.GetProperty("complete").GetBoolean()), Is.EqualTo(("emulator", true)));
        Assert.That((root.GetProperty("passed").GetInt32(), root.GetProperty("failed").GetInt32(), root.GetProperty("not_run").GetInt32()), Is.EqualTo((2, 0, 2)));
        var items = root.GetProperty("items").EnumerateArray().ToArray();
        Assert.That(items.Select(item => $"{item.GetProperty("part")} {item.GetProperty("item")} {item.GetProperty("precision")} {item.GetProperty("result")}".Replace("  ", " ")), Is.EqualTo(
            new[] { "correctness scale fp32 pass", "correctness scale bf16 pass", "goldens all not run", "roofline all not run" }));

        var lines = run.Output.TrimEnd().Split('\n');
        Assert.That(lines, Has.Length.EqualTo(items.Length + 3), run.Output);
        Assert.That(lines[0], Does.StartWith("emulator: "));
        foreach (var (line, item) in lines[2..].Zip(items))
            Assert.That(line, Does.StartWith(item.GetProperty("part").GetString()!).And.Contain(item.GetProperty("result").GetString()!).And.EndWith(item.GetProperty("summary").GetString()!));
        Assert.That(lines[^2], Does.Contain("debugging"));
        Assert.That(lines[^1], Does.StartWith("2 passed, 0 failed, 0 measured, 2 not run"));
    }
}
