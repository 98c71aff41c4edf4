using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using LpcEngine.Experiments.Data;
using LpcEngine.Experiments.Runs;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Training;

/// <summary>evaluation-NAME.json in a run folder: how its network does on a data set, with where the images came from and digests of images and weights.</summary>
/// <remarks>
/// NAME is the data set's; of a user's own file or folder it is that one's. Files of one name in different folders have evaluations of their own: where the plain name is taken by another file's
/// evaluation, a fingerprint of the path follows it. An evaluation of the same images by the same weights that is there already lends what is not measured again.
/// </remarks>
internal sealed class EvaluationFile
{
    private readonly string name, source, dataDigest, weightsDigest;

    /// <summary>Chooses the file and reads what is there.</summary>
    /// <param name="folder">The run folder.</param>
    /// <param name="dataSet">The data set's name on the command line.</param>
    /// <param name="data">Its images.</param>
    /// <param name="model">The network with its weights.</param>
    /// <exception cref="Engine.UserErrorException">The file that is there is damaged.</exception>
    public EvaluationFile(RunFolder folder, string dataSet, DataSet data, Classifier model)
    {
        var isOwn = DataSets.IsOwn(dataSet);
        source = isOwn ? Path.GetFullPath(data.Source) : data.Source;
        (dataDigest, weightsDigest) = (data.Digest, DigestOf(model));
        name = $"evaluation-{RunName.DataSetName(dataSet)}";
        var there = folder.ReadEvaluation(name);
        if (isOwn && there is not null && !IsOf(there, dataSet))
        {
            name = $"{name}-{RunName.Fingerprint(source)}";
            there = folder.ReadEvaluation(name);
        }
        if (Says(there, "data_digest", dataDigest) && Says(there, "weights_digest", weightsDigest)) Earlier = there;
    }

    /// <summary>An evaluation of the same images by the same weights; null when there is none.</summary>
    public JsonObject? Earlier { get; }

    /// <summary>Writes it.</summary>
    /// <param name="folder">The run folder.</param>
    /// <param name="result">What was measured, in the form of summary.json.</param>
    /// <param name="trainedOn">The run's own data set, where this is another one.</param>
    /// <returns>The path.</returns>
    public string Write(RunFolder folder, JsonObject result, string? trainedOn)
    {
        var at = 1; // behind the data set's name
        foreach (var (key, value) in (ReadOnlySpan<(string, string?)>)[("trained_on", trainedOn), ("source", source), ("data_digest", dataDigest), ("weights_digest", weightsDigest)])
        {
            result.Remove(key);
            if (value is not null) result.Insert(at++, key, value);
        }
        return folder.WriteEvaluation(name, result);
    }

    // Older versions did not write the source.
    private bool IsOf(JsonObject there, string dataSet) => there.ContainsKey("source") ? Says(there, "source", source) : Says(there, "data_set", dataSet);

    private static bool Says(JsonObject? there, string key, string value) => there?[key] is JsonValue said && said.TryGetValue<string>(out var text) && text == value;

    // The first 16 digits of a SHA-256 of all weights and running statistics, in the order of the files.
    private static string DigestOf(Classifier model)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var tensor in model.State()) hash.AppendData(MemoryMarshal.AsBytes<float>(tensor.ToFile()));
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }
}
