using System.Buffers.Binary;
using System.Text.Json.Nodes;
using LpcEngine.Experiments.Export.TensorBoard;

namespace LpcEngine.Tests.Export;

/// <summary>Event files are what TensorFlow's readers accept, and say what metrics.jsonl says.</summary>
public sealed class EventFiles
{
    private static readonly DateTimeOffset Then = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_250);

    [Test]
    public void Lines_become_curves_over_the_steps_and_a_resumed_file_begins_with_the_lines_that_count()
    {
        using var folder = new TemporaryFolder();
        JsonObject first = new() { ["epoch"] = 1, ["split"] = "train", ["step"] = 40, ["running_loss"] = 1.5, ["nc1"] = null },
            second = new() { ["epoch"] = 1, ["split"] = "test", ["step"] = 40, ["accuracy"] = 0.25 },
            third = new() { ["split"] = "step", ["epoch"] = 2, ["step"] = 41, ["loss"] = 1.25 };
        using (var events = EventFile.Begin(folder.Path, [first], Then))
        {
            events.Append(second, Then);
            events.Append(third, Then);
            events.Append(new() { ["split"] = "test", ["step"] = 42, ["accuracy"] = null }, Then);
        }
        var path = Directory.GetFiles(folder["tensorboard"]).Single();
        Assert.That(Path.GetFileName(path), Does.Contain("tfevents"), "the name by which TensorBoard finds it");
        Assert.That(Curves(path), Is.EqualTo(new[]
        {
            ("train/epoch", 40L, 1f), ("train/running_loss", 40L, 1.5f), ("test/epoch", 40L, 1f), ("test/accuracy", 40L, 0.25f), ("step/epoch", 41L, 2f), ("step/loss", 41L, 1.25f),
        }));
        using (EventFile.Begin(folder.Path, [first], Then)) { } // resumed from the checkpoint after the first line
        Assert.That(Curves(path), Is.EqualTo(new[] { ("train/epoch", 40L, 1f), ("train/running_loss", 40L, 1.5f) }));
    }

    [Test]
    public void The_check_sum_is_the_standards()
    {
        // The check value of CRC-32C (RFC 3720): of the digits 1 to 9.
        Assert.That(Crc("123456789"u8), Is.EqualTo(0xE3069283));
    }

    private static List<(string Tag, long Step, float Value)> Curves(string path)
    {
        var curves = new List<(string, long, float)>();
        var bytes = File.ReadAllBytes(path).AsSpan();
        for (var isFirst = true; !bytes.IsEmpty; isFirst = false)
        {
            var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            Assert.That(BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]), Is.EqualTo(Masked(bytes[..8])), "sum of the length");
            var content = bytes.Slice(12, length);
            Assert.That(BinaryPrimitives.ReadUInt32LittleEndian(bytes[(12 + length)..]), Is.EqualTo(Masked(content)), "sum of the content");
            var read = Event.Parser.ParseFrom(content);
            Assert.That(read.WallTime, Is.EqualTo(1_700_000_000.25));
            Assert.That(read.FileVersion, Is.EqualTo(isFirst ? "brain.Event:2" : ""));
            if (read.Summary is { } summary) curves.AddRange(summary.Value.Select(value => (value.Tag, read.Step, value.SimpleValue)));
            bytes = bytes[(16 + length)..];
        }
        return curves;
    }

    private static uint Masked(ReadOnlySpan<byte> bytes)
    {
        var crc = Crc(bytes);
        return ((crc >> 15) | (crc << 17)) + 0xA282EAD8;
    }

    // Bit by bit: x³² + … of Castagnoli, reversed.
    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82F63B78 : crc >> 1;
        }
        return ~crc;
    }
}
