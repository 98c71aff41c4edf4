using System.Text.Json.Nodes;
using LpcEngine.Engine;
using LpcEngine.Experiments.Runs;
using LpcEngine.Tests.Support;

namespace LpcEngine.Tests.Runs;

internal sealed class MetricsLogTests
{
    [Test]
    public void Lines_are_read_back_as_they_were_written()
    {
        using var folder = new TemporaryFolder();
        using (var log = new MetricsLog(folder["m.jsonl"]))
        {
            log.Append(Line(1, "train"));
            log.Append(new JsonObject { ["epoch"] = 1, ["loss"] = double.NaN, ["list"] = new JsonArray(float.PositiveInfinity, 2.5) });
        }

        string[] text = File.ReadAllLines(folder["m.jsonl"]);
        Assert.That(text[1], Is.EqualTo("""{"epoch":1,"loss":null,"list":[null,2.5]}"""), "JSON has no NaN");
        Assert.That(MetricsLog.Read(folder["m.jsonl"])[0]["split"]!.GetValue<string>(), Is.EqualTo("train"));
        Assert.That(MetricsLog.Read(folder["none"]), Is.Empty);
    }

    [Test]
    public void A_kill_at_any_byte_leaves_a_log_that_goes_on()
    {
        using var folder = new TemporaryFolder();
        using (var log = new MetricsLog(folder["m.jsonl"]))
        {
            log.Append(Line(1, "train"));
            log.Append(Line(1, "test – ü"));
        }

        byte[] whole = File.ReadAllBytes(folder["m.jsonl"]);
        int firstLine = Array.IndexOf(whole, (byte)'\n') + 1;
        for (int length = 0; length <= whole.Length; length++)
        {
            File.WriteAllBytes(folder["m.jsonl"], whole[..length]);
            int finished = length < firstLine ? 0 : length < whole.Length ? 1 : 2;
            Assert.That(MetricsLog.Read(folder["m.jsonl"]), Has.Count.EqualTo(finished), "readers skip the unfinished line");
            using var log = new MetricsLog(folder["m.jsonl"]);
            log.Append(Line(9, "train"));
            Assert.That(MetricsLog.Read(folder["m.jsonl"]).Select(l => (int)l["epoch"]!), Is.EqualTo(finished switch { 0 => [9], 1 => new[] { 1, 9 }, _ => [1, 1, 9] }));
        }
    }

    [Test]
    public void Going_back_drops_later_epochs_and_steps_and_then_goes_on()
    {
        using var folder = new TemporaryFolder();
        using var log = new MetricsLog(folder["m.jsonl"]);
        for (int epoch = 1; epoch <= 3; epoch++)
        {
            for (int step = 1; step <= 4; step++)
            {
                log.Append(new JsonObject { ["split"] = "step", ["epoch"] = epoch, ["step"] = (4 * (epoch - 1)) + step }, durable: false);
            }

            log.Append(Line(epoch, "train"));
        }

        log.Rewind(3, step: 10);
        var lines = MetricsLog.Read(folder["m.jsonl"]);
        Assert.That(lines.Where(l => l["step"] is not null).Select(l => (int)l["step"]!), Is.EqualTo(Enumerable.Range(1, 10)));
        log.Rewind(2);
        lines = MetricsLog.Read(folder["m.jsonl"]);
        Assert.That(lines, Has.Count.EqualTo(10));
        Assert.That((int)lines[^1]["epoch"]!, Is.EqualTo(2));
        log.Append(Line(3, "again"));
        Assert.That(MetricsLog.Read(folder["m.jsonl"]), Has.Count.EqualTo(11));
        log.Rewind(0);
        Assert.That(new FileInfo(folder["m.jsonl"]).Length, Is.Zero);
    }

    [Test]
    public void A_line_changed_from_outside_is_named()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["m.jsonl"], "{\"epoch\":1}\nnonsense\n{\"epoch\":2}\n");
        UserErrors.Expect(() => MetricsLog.Read(folder["m.jsonl"]), folder["m.jsonl"], "line 2");
        File.WriteAllText(folder["m.jsonl"], "{\"epoch\":1,\"epoch\":2}\n");
        UserErrors.Expect(() => MetricsLog.Read(folder["m.jsonl"]), "line 1");
        string before = File.ReadAllText(folder["m.jsonl"]);
        using var log = new MetricsLog(folder["m.jsonl"]);
        Assert.Throws<UserErrorException>(() => log.Rewind(1));
        Assert.That(File.ReadAllText(folder["m.jsonl"]), Is.EqualTo(before));
    }

    [Test]
    public void A_long_tail_without_a_line_end_is_dropped_quickly()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["m.jsonl"], "{\"epoch\":1}\n" + new string('x', 20_000_000));
        var watch = System.Diagnostics.Stopwatch.StartNew();
        using var log = new MetricsLog(folder["m.jsonl"]);
        Assert.That(watch.Elapsed.TotalSeconds, Is.LessThan(5));
        Assert.That(new FileInfo(folder["m.jsonl"]).Length, Is.EqualTo(12));
    }

    private static JsonObject Line(int epoch, string split) => new() { ["epoch"] = epoch, ["split"] = split };
}
