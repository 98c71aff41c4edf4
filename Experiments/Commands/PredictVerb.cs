using System.CommandLine;
using LpcEngine.Engine;
using LpcEngine.Experiments.Completion;
using LpcEngine.Experiments.Data;
using LpcEngine.Experiments.Screen;
using LpcEngine.Experiments.Training;

namespace LpcEngine.Experiments.Commands;

/// <summary><c>predict</c>: logits, latents and features of images from a trained network.</summary>
internal static class PredictVerb
{
    public static Command Create()
    {
        var model = new Argument<string>("model") { Description = "a run folder, or a model.safetensors", CompletionSources = { Offers.Files } };
        var files = new Argument<string[]>("images") { Description = $"a data set ({DataCatalogue.Names}), one .safetensors with images [N, C, H, W], or image files", Arity = ArgumentArity.OneOrMore, CompletionSources = { Offers.DataSets, Offers.Files } };
        var split = SharedOptions.Text("--split", "of a data set or a tensor file: train (images, the default) or test (test_images)", Offers.Words(OptionWords.Splits));
        var outFile = SharedOptions.Text("--out", "where to write logits, latents, features and the classifier, and labels if the images have them (safetensors); metrics reads it", Offers.Files);
        var trainSize = SharedOptions.Number<int>("--train-size", "of a data set: only the first n training images of each class (default: all)");
        var testSize = SharedOptions.Number<int>("--test-size", "of a data set: only the first n test images of each class (default: all)");
        var (device, threads, dataDirectory) = (SharedOptions.Device(), SharedOptions.Threads(), SharedOptions.DataDirectory());
        var yes = SharedOptions.Flag("--yes", "no question before a data set is fetched");
        var command = new Command("predict", "Applies a trained network to images.") { model, files, split, outFile, trainSize, testSize, device, threads, dataDirectory, yes };
        command.SetAction(parsed =>
        {
            using var opened = Devices.Open(parsed.GetValue(device) ?? "auto", parsed.GetValue(threads) ?? 0);
            return PredictCommand.Execute(opened, new PredictOptions(parsed.GetRequiredValue(model), parsed.GetRequiredValue(files))
            {
                Split = parsed.GetValue(split),
                OutFile = parsed.GetValue(outFile),
                Data = new DataOptions
                {
                    DataDirectory = parsed.GetValue(dataDirectory), TrainPerClass = parsed.GetValue(trainSize), TestPerClass = parsed.GetValue(testSize),
                    Yes = parsed.GetValue(yes), Confirm = Terminal.Confirm, Progress = Terminal.FetchProgress(),
                },
            });
        });
        return command;
    }
}
