using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using LpcEngine.Engine;

namespace LpcEngine.Experiments.Runs;

/// <summary>
/// metrics.jsonl: one JSON object a line, appended. A kill can cut only the last line; an unfinished line is not part of the file and goes
/// when the log is opened again.
/// </summary>
internal sealed class MetricsLog : IDisposable
{
    /// <summary>True in the lines of an evaluation that was made only because <c>--steps</c> ended the run there.</summary>
    public const string Stopped = "stopped";

    private readonly string _path;
    private FileStream _stream;

    /// <summary>Opens or creates the log and drops an unfinished last line.</summary>
    /// <exception cref="UserErrorException">It cannot be written.</exception>
    public MetricsLog(string path)
    {
        _path = path;
        _stream = OpenAtEnd(path);
    }

    /// <summary>Appends one line.</summary>
    /// <param name="line">The object.</param>
    /// <param name="durable">Whether to wait for the disk: for the line of an epoch, not for each step's.</param>
    /// <exception cref="UserErrorException">The disk is full; the log stays as it was.</exception>
    public void Append(JsonObject line, bool durable = true)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(JsonText.Line(line) + "\n");
        long before = _stream.Length;
        try
        {
            _stream.Write(bytes); // the stream has no buffer: one line is one write
            if (durable)
            {
                _stream.Flush(flushToDisk: true);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _stream.SetLength(before); // a full disk may have taken half a line
            throw AtomicFile.CannotWrite(_path, e);
        }
    }

    /// <summary>Waits until all lines are on the disk.</summary>
    /// <exception cref="UserErrorException">They can't be written.</exception>
    public void Flush()
    {
        try
        {
            _stream.Flush(flushToDisk: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw AtomicFile.CannotWrite(_path, e);
        }
    }

    /// <summary>
    /// Goes back to a checkpoint: keeps the lines up to <paramref name="epoch"/> and, if <paramref name="step"/> is given, the lines of steps
    /// up to it. Lines of a run that was <see cref="Stopped"/> go: one that goes on has the lines of one that never stopped, and one that stops
    /// there again writes them again. Atomic: after a kill the file is the old one or the new one.
    /// </summary>
    /// <param name="epoch">Last epoch to keep, 1-based; 0 keeps none.</param>
    /// <param name="step">Last step to keep, counted through the whole run.</param>
    /// <exception cref="UserErrorException">A line is not what this program writes.</exception>
    public void Rewind(int epoch, long? step = null)
    {
        var kept = Read(_path).Where(line => !IsOfStop(line) && Number(line, "epoch") <= epoch && (step is null || Number(line, "step") <= step)).ToList();
        _stream.Dispose();
        try
        {
            AtomicFile.Write(_path, stream =>
            {
                foreach (var line in kept)
                {
                    stream.Write(Encoding.UTF8.GetBytes(JsonText.Line(line) + "\n"));
                }
            });
        }
        finally
        {
            _stream = OpenAtEnd(_path);
        }
    }

    /// <summary>All finished lines of a log; none if there is no file, or none with content. Safe while another process appends.</summary>
    /// <exception cref="UserErrorException">It cannot be read, or a finished line is not a JSON object.</exception>
    public static IReadOnlyList<JsonObject> Read(string path)
    {
        var lines = new List<JsonObject>();
        string text = ReadText(path);
        int start = 0;
        for (int end; (end = text.IndexOf('\n', start)) >= 0; start = end + 1)
        {
            lines.Add(Parse(text[start..end], lines.Count + 1, path));
        }

        return lines; // what follows the last line end is unfinished
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    private static string ReadText(string path)
    {
        try
        {
            if (!FileContent.IsThere(path)) return "";
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(stream, Encoding.UTF8);
            return reader.ReadToEnd();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"Cannot read {path}: {e.Message.ReplaceLineEndings(" ")}");
        }
    }

    private static JsonObject Parse(string line, int number, string path)
    {
        try
        {
            return JsonText.Parse(line);
        }
        catch (JsonException)
        {
            throw new UserErrorException($"{path}, line {number} is not a JSON object: the file was changed from outside. Delete that line, or the run folder to start again.");
        }
    }

    /// <summary>A line without the number belongs to no later place than any other.</summary>
    private static double Number(JsonObject line, string key) =>
        line[key] is JsonValue value && value.TryGetValue(out double number) ? number : double.NegativeInfinity;

    private static bool IsOfStop(JsonObject line) => line[Stopped] is JsonValue value && value.TryGetValue(out bool stopped) && stopped;

    private static FileStream OpenAtEnd(string path)
    {
        try
        {
            // Readers may look on (report, tail -f): the run folder's lock keeps other writers out.
            var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            long end = EndOfLastLine(stream);
            stream.SetLength(end);
            stream.Position = end;
            return stream;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw AtomicFile.CannotWrite(path, e);
        }
    }
    /// <summary>The position behind the last line end: looks from the back, block by block.</summary>
    private static long EndOfLastLine(FileStream stream)
    {
        byte[] block = new byte[1 << 14];
        long end = stream.Length;
        while (end > 0)
        {
            int length = (int)Math.Min(block.Length, end);
            stream.Position = end - length;
            stream.ReadExactly(block, 0, length);
            int found = Array.LastIndexOf(block, (byte)'\n', length - 1);
            if (found >= 0)
            {
                return end - length + found + 1;
            }

            end -= length;
        }

        return 0;
    }
}
