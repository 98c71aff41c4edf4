using LpcEngine.Engine;
using LpcEngine.Experiments.Export.Onnx;
using LpcEngine.Experiments.Runs;
using LpcEngine.Experiments.Training;

namespace LpcEngine.Experiments.Commands;

/// <summary>Writes a trained network for other tools.</summary>
internal static class ExportCommand
{
    /// <param name="checkpoint">A run folder, or one of its files of weights.</param>
    /// <param name="onnx">The file of ONNX to write; null for none.</param>
    /// <param name="safeTensors">The file with PyTorch's names to write; null for none.</param>
    /// <returns>The exit code.</returns>
    /// <exception cref="UserErrorException">Nothing is to be written, there is no network, or a file can't be written.</exception>
    public static int Execute(string checkpoint, string? onnx, string? safeTensors)
    {
        if (onnx is null && safeTensors is null) throw new UserErrorException("export: say what to write, --onnx FILE or --safetensors FILE.");
        foreach (var (option, path) in new[] { ("--onnx", onnx), ("--safetensors", safeTensors) })
            if (path is not null) OutputFile.Require(option, path, option == "--onnx" ? "model.onnx" : "model.safetensors");
        foreach (var path in new[] { onnx, safeTensors })
            if (path is not null && Path.GetFileName(path) == RunFolder.CheckpointName && File.Exists(path))
                throw new UserErrorException($"{path} is the checkpoint of a run, which could not go on without it; give another file.");
        if (onnx is not null && safeTensors is not null && Path.GetFullPath(onnx) == Path.GetFullPath(safeTensors))
            throw new UserErrorException($"--onnx and --safetensors are the same file {onnx}; the second would replace the first.");
        using var device = Devices.Open("cpu", threads: 1); // only to hold the weights
        var trained = TrainedRun.LoadAny(checkpoint, device);
        if (onnx is not null) OnnxFile.Write(onnx, trained.Model, trained.Config);
        if (safeTensors is not null) ModelFile.Write(safeTensors, trained.Model, trained.Config);
        return ExitCodes.Done;
    }
}
