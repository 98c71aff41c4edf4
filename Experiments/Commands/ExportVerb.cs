using System.CommandLine;
using LpcEngine.Experiments.Completion;

namespace LpcEngine.Experiments.Commands;

/// <summary><c>export</c>: a trained network as a file for other tools.</summary>
internal static class ExportVerb
{
    public static Command Create()
    {
        var checkpoint = new Argument<string>("checkpoint") { Description = "a run folder, its checkpoint.safetensors or model.safetensors", CompletionSources = { Offers.Files } };
        var onnx = SharedOptions.Text("--onnx", "the file to write for ONNX Runtime and other tools that read ONNX", Offers.Files);
        var safeTensors = SharedOptions.Text("--safetensors", "the file to write with PyTorch's names and layouts", Offers.Files);
        var command = new Command("export", "Writes a trained network as a file for other tools: --onnx, --safetensors, or both.") { checkpoint, onnx, safeTensors };
        command.SetAction(parsed => ExportCommand.Execute(parsed.GetRequiredValue(checkpoint), parsed.GetValue(onnx), parsed.GetValue(safeTensors)));
        return command;
    }
}
