using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using LpcEngine.Experiments.Runs;

namespace LpcEngine.Experiments.Sweeps;

/// <summary>How far a run is that another process trains: reads what its metrics.jsonl grows by.</summary>
/// <remarks>A run that resumes cuts its file back; what was read before then counts until the next line.</remarks>
internal sealed class CellProgress(SweepCell cell)
{
    private readonly string path = Path.Combine(cell.Folder, RunFolder.MetricsName);
    private long position;

    /// <summary>The last epoch with a line; 0 before the first.</summary>
    public int Epoch { get; private set; }

    /// <summary>Accuracy on the epoch's training images, 0–1; null before the first line.</summary>
    public double? Accuracy { get; private set; }

    /// <summary>Accuracy on the test images when they were last evaluated.</summary>
    public double? TestAccuracy { get; private set; }

    /// <summary>Reads what is new. A file that can't be read now is read later.</summary>
    public void Update()
    {
        try
        {
            if (!File.Exists(path)) return;
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (stream.Length < position) position = 0;
            stream.Position = position;
            var bytes = new byte[stream.Length - position];
            var read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            var end = Array.LastIndexOf(bytes, (byte)'\n', Math.Max(read - 1, 0), read);
            if (end < 0) return;
            position += end + 1;
            foreach (var line in Encoding.UTF8.GetString(bytes, 0, end).Split('\n')) Read(line);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
        }
    }

    private void Read(string line)
    {
        if (line.Contains("\"split\":\"step\"", StringComparison.Ordinal)) return;
        try
        {
            if (JsonNode.Parse(line) is not JsonObject values) return;
            if ((string?)values["split"] == "test") TestAccuracy = (double?)values["accuracy"];
            if ((string?)values["split"] != "train") return;
            (Epoch, Accuracy) = ((int?)values["epoch"] ?? Epoch, (double?)values["running_accuracy"] ?? Accuracy);
            cell.StepsDone = (long?)values["step"] ?? cell.StepsDone;
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException or FormatException or ArgumentException)
        {
            // The run itself reports a file that was changed from outside.
        }
    }
}
