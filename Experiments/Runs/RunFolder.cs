using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using LpcEngine.Engine;
using LpcEngine.Experiments.Export;

namespace LpcEngine.Experiments.Runs;

/// <summary>
/// One run's folder, open and locked: config.json, metrics.jsonl, summary.json, checkpoint.safetensors, model.safetensors, plots/, log.txt.
/// Every file is whole at every moment.
/// </summary>
internal sealed class RunFolder : IDisposable
{
    /// <summary>The name of the checkpoint in a run folder.</summary>
    public const string CheckpointName = "checkpoint.safetensors";

    /// <summary>The names of the weights, of the result and of the lines of a run, in its folder.</summary>
    public const string ModelName = "model.safetensors", SummaryName = "summary.json", MetricsName = "metrics.jsonl", ConfigName = "config.json";

    private const string PlotsName = "plots";

    private readonly RunLock _lock;

    private RunFolder(string path, RunLock runLock)
    {
        Path = path;
        _lock = runLock;
        Metrics = new MetricsLog(File(MetricsName));
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>metrics.jsonl.</summary>
    public MetricsLog Metrics { get; }

    /// <summary>All lines of metrics.jsonl so far.</summary>
    /// <exception cref="UserErrorException">It cannot be read, or a finished line is not a JSON object.</exception>
    public IReadOnlyList<JsonObject> Lines() => MetricsLog.Read(File(MetricsName));

    /// <summary>metrics.csv: the same as a table.</summary>
    public string TablePath => File(MetricsTable.Name);

    /// <summary>Weights, optimizer, schedules, epoch, random state.</summary>
    public string CheckpointPath => File(CheckpointName);

    /// <summary>The weights alone, under PyTorch's names.</summary>
    public string ModelPath => File(ModelName);

    /// <summary>Whether a summary is there, which is written last: the run is finished.</summary>
    public bool IsFinished => System.IO.File.Exists(File(SummaryName));

    /// <summary>Creates the folder if need be and takes its lock.</summary>
    /// <exception cref="UserErrorException">In use by another process, or not writable.</exception>
    public static RunFolder Open(string path)
    {
        AtomicFile.CreateFolder(path);
        var runLock = RunLock.Take(path);
        try
        {
            // A kill in the last write leaves a half that no later write of the same file would remove: the run is finished.
            AtomicFile.RemoveLeftovers(path);
            AtomicFile.RemoveLeftovers(System.IO.Path.Combine(path, PlotsName));
            return new RunFolder(path, runLock);
        }
        catch
        {
            runLock.Dispose();
            throw;
        }
    }

    /// <inheritdoc cref="RunLock.RequireOwn"/>
    public void RequireOwn() => _lock.RequireOwn();

    /// <summary>The path of a plot; creates plots/.</summary>
    public string PlotPath(string name)
    {
        string plots = File(PlotsName);
        AtomicFile.CreateFolder(plots);
        return System.IO.Path.Combine(plots, name);
    }

    /// <summary>Writes config.json.</summary>
    public void WriteConfig(JsonObject config) => AtomicFile.WriteText(File(ConfigName), JsonText.Page(config));

    /// <summary>Writes summary.json.</summary>
    /// <returns>The path.</returns>
    public string WriteSummary(JsonObject summary)
    {
        var path = File(SummaryName);
        AtomicFile.WriteText(path, JsonText.Page(summary));
        return path;
    }

    /// <summary>Writes how the network does on a data set, for instance another one than its own.</summary>
    /// <param name="name">Says which data set, without ".json".</param>
    /// <param name="result">What to write.</param>
    /// <returns>The path.</returns>
    public string WriteEvaluation(string name, JsonObject result)
    {
        var path = File($"{name}.json");
        AtomicFile.WriteText(path, JsonText.Page(result));
        return path;
    }

    /// <summary>An evaluation by its name, or null if there is none.</summary>
    /// <exception cref="UserErrorException">It is not a JSON object.</exception>
    public JsonObject? ReadEvaluation(string name) => ReadJson(File($"{name}.json"));

    /// <summary>config.json, or null if there is none.</summary>
    /// <exception cref="UserErrorException">It is not a JSON object.</exception>
    public JsonObject? ReadConfig() => ReadJson(File(ConfigName));

    /// <summary>summary.json, or null if there is none.</summary>
    /// <exception cref="UserErrorException">It is not a JSON object.</exception>
    public JsonObject? ReadSummary() => ReadJson(File(SummaryName));

    /// <summary>Goes back to the checkpoint of an epoch: later metrics go, and so does the summary of a finished run.</summary>
    public void Rewind(int epoch, long? step = null)
    {
        System.IO.File.Delete(File(SummaryName));
        Metrics.Rewind(epoch, step);
    }

    /// <summary>Appends a line to log.txt. A log that cannot be written does not end a run.</summary>
    public void Log(string message)
    {
        try
        {
            string time = DateTime.Now.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
            System.IO.File.AppendAllText(File("log.txt"), $"{time} {message}\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What matters (checkpoint, metrics, summary) reports its own failure.
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Metrics.Dispose();
        _lock.Dispose();
    }

    /// <summary>Reads a JSON file of any run folder, locked or not; null if there is none.</summary>
    /// <exception cref="UserErrorException">It is not a JSON object.</exception>
    public static JsonObject? ReadJson(string path)
    {
        try
        {
            if (!System.IO.File.Exists(path))
            {
                return null;
            }

            return FileContent.IsThere(path) ? JsonText.Parse(System.IO.File.ReadAllText(path)) : throw new JsonException();
        }
        catch (JsonException)
        {
            throw new UserErrorException($"{path} is not a JSON object: it was changed from outside. Restore it, or delete the run folder to start again.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"Cannot read {path}: {e.Message.ReplaceLineEndings(" ")}");
        }
    }

    private string File(string name) => System.IO.Path.Combine(Path, name);
}
