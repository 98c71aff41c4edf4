using System.Buffers.Binary;
using System.Numerics;
using System.Text.Json.Nodes;
using Google.Protobuf;
using LpcEngine.Engine;
using LpcEngine.Experiments.Runs;

namespace LpcEngine.Experiments.Export.TensorBoard;

/// <summary>The numbers of metrics.jsonl as TensorBoard shows them: one curve for each key and split (<c>train/running_loss</c>, <c>test/accuracy</c>, <c>step/loss</c>) over the steps.</summary>
/// <remarks>
/// A record is its length (8 bytes), a check sum of that, an <see cref="Event"/>, and a check sum of it; numbers are little-endian. A sum is CRC-32C, rotated and shifted by a constant, so that
/// sums of sums don't lie in wait (TensorFlow's <c>TFRecord</c> format). The file is written anew from the lines when a run begins or resumes, and appended to from then on: a resumed run's curves have no doubled steps.
/// A line cut off by a kill is in no reader's way, and goes the same way.
/// </remarks>
internal sealed class EventFile : IDisposable
{
    private const string FolderName = "tensorboard", FileName = "events.out.tfevents.run", Version = "brain.Event:2";
    private const uint MaskDelta = 0xA282EAD8;

    private readonly string path;
    private readonly FileStream stream;

    private EventFile(string path, FileStream stream) => (this.path, this.stream) = (path, stream);

    /// <summary>Writes the file of a run folder with what the run has so far, and keeps it open.</summary>
    /// <param name="runFolder">The folder.</param>
    /// <param name="lines">The lines of metrics.jsonl.</param>
    /// <param name="now">The wall time of these lines.</param>
    /// <exception cref="UserErrorException">It can't be written.</exception>
    public static EventFile Begin(string runFolder, IEnumerable<JsonObject> lines, DateTimeOffset now)
    {
        var folder = Path.Combine(runFolder, FolderName);
        AtomicFile.CreateFolder(folder);
        var path = Path.Combine(folder, FileName);
        AtomicFile.Write(path, target =>
        {
            target.Write(Record(new Event { WallTime = Seconds(now), FileVersion = Version }));
            foreach (var line in lines)
                if (EventOf(line, now) is { } made) target.Write(Record(made));
        });
        try { return new(path, new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0)); }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException) { throw AtomicFile.CannotWrite(path, problem); }
    }

    /// <summary>Appends a line's numbers.</summary>
    /// <param name="line">A line of metrics.jsonl.</param>
    /// <param name="now">Its wall time.</param>
    /// <exception cref="UserErrorException">The disk is full; the file stays as it was.</exception>
    public void Append(JsonObject line, DateTimeOffset now)
    {
        if (EventOf(line, now) is not { } made) return;
        var before = stream.Length;
        try { stream.Write(Record(made)); }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            stream.SetLength(before);
            throw AtomicFile.CannotWrite(path, problem);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => stream.Dispose();

    // Null for a line without a number.
    private static Event? EventOf(JsonObject line, DateTimeOffset now)
    {
        var split = (line["split"] as JsonValue)?.ToString() ?? "run";
        var summary = new Summary();
        foreach (var (key, node) in line)
        {
            if (key is "split" or "step" || JsonText.Number(node) is not { } number) continue;
            summary.Value.Add(new Summary.Types.Value { Tag = $"{split}/{key}", SimpleValue = (float)number });
        }
        return summary.Value.Count == 0 ? null : new Event { WallTime = Seconds(now), Step = (long)(JsonText.Number(line, "step") ?? 0), Summary = summary };
    }

    private static byte[] Record(Event content)
    {
        var size = content.CalculateSize();
        var record = new byte[sizeof(ulong) + sizeof(uint) + size + sizeof(uint)];
        BinaryPrimitives.WriteUInt64LittleEndian(record, (ulong)size);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(8), MaskedSum(record.AsSpan(0, 8)));
        content.WriteTo(record.AsSpan(12, size));
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(12 + size), MaskedSum(record.AsSpan(12, size)));
        return record;
    }

    private static uint MaskedSum(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes) crc = BitOperations.Crc32C(crc, value);
        return BitOperations.RotateRight(~crc, 15) + MaskDelta;
    }

    private static double Seconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds() / 1e3;
}
