using System.CommandLine;
using LpcEngine.Engine;

namespace LpcEngine.Experiments.Commands;

/// <summary><c>predict</c>: logits, latents and features of images from a trained network.</summary>
internal static class PredictVerb
{
    public static Command Create()
    {
        var model = new Argument<string>("model") { Description = "a run folder, or a model.safetensors" };
        var files = new Argument<string[]>("files") { Description = "one .safetensors with images [N, C, H, W], or image files", Arity = ArgumentArity.OneOrMore };
        var split = SharedOptions.Text("--split", "train (tensor images, the default) or test (test_images)");
        var outFile = SharedOptions.Text("--out", "where to write logits, latents, features and the classifier, and labels if the images have them (safetensors); metrics reads it");
        var (device, threads) = (SharedOptions.Device(), SharedOptions.Threads());
        var command = new Command("predict", "Applies a trained network to images.") { model, files, split, outFile, device, threads };
        command.SetAction(parsed =>
        {
            using var opened = Devices.Open(parsed.GetValue(device) ?? "auto", parsed.GetValue(threads) ?? 0);
            return PredictCommand.Execute(opened, parsed.GetRequiredValue(model), parsed.GetRequiredValue(files), parsed.GetValue(split), parsed.GetValue(outFile));
        });
        return command;
    }
}
