using System.CommandLine;
using LpcEngine.Experiments.Completion;

namespace LpcEngine.Experiments.Commands;

/// <summary><c>evaluate</c>: all measurements of a run again, from its weights.</summary>
internal static class EvaluateVerb
{
    public static Command Create()
    {
        var folder = new Argument<string>("run") { Description = "a run folder", CompletionSources = { Offers.Folders } };
        var dataSet = SharedOptions.Text("--dataset", "another data set with as many classes and images of the same shape (default: the run's own)", Offers.DataSets);
        var deepFoolImages = SharedOptions.Number<int>("--deepfool-images", "test images to attack with DeepFool; 0 for none (default: as many as the run was to attack)");
        var pgd = new PgdArguments("as many as the run was to attack");
        var augmented = SharedOptions.Flag("--augmented", "measure the training set on augmented images as well, as the paper's code does: 'train_augmented' in the JSON");
        var (device, threads, dataDirectory) = (SharedOptions.Device(), SharedOptions.Threads(), SharedOptions.DataDirectory());
        var json = SharedOptions.Flag("--json", "the result as JSON on the last line");
        var yes = SharedOptions.Flag("--yes", "no questions");
        var command = new Command("evaluate", "Measures a trained network again, from the checkpoint of its run folder, and writes the run's summary.json anew; with --dataset, evaluation-<dataset>.json beside it.")
        {
            folder, dataSet, deepFoolImages, augmented, device, threads, dataDirectory, json, yes,
        };
        foreach (var option in new ScreenArguments().All) command.Add(option);
        foreach (var option in pgd.All) command.Add(option);
        command.SetAction(parsed => EvaluateCommand.Execute(new EvaluateOptions(parsed.GetRequiredValue(folder))
        {
            DataSet = parsed.GetValue(dataSet),
            DeepFoolImages = parsed.GetValue(deepFoolImages),
            Pgd = pgd.Read(parsed),
            Augmented = parsed.GetValue(augmented),
            Device = parsed.GetValue(device) ?? "auto",
            Threads = parsed.GetValue(threads),
            DataDirectory = parsed.GetValue(dataDirectory),
            Json = parsed.GetValue(json),
            Yes = parsed.GetValue(yes),
        }));
        return command;
    }
}
