using System.CommandLine;
using System.Globalization;
using LpcEngine.Engine;
using LpcEngine.Experiments.Completion;
using LpcEngine.Experiments.Demonstration;
using LpcEngine.Experiments.Metrics;
using LpcEngine.Experiments.Reports;

namespace LpcEngine.Experiments.Commands;

/// <summary><c>demo</c>: latent point collapse in two dimensions, as a picture, within seconds and without data.</summary>
internal static class DemoVerb
{
    private const string DefaultFile = "demo.png";

    public static Command Create()
    {
        var file = SharedOptions.Text("--out", $"the picture, a PNG (default {DefaultFile})", Offers.Files);
        var command = new Command("demo", "Trains a network with two latents while gamma grows, and draws them at four strengths: the collapse where it can be seen.") { file };
        command.SetAction(parsed => Execute(parsed.GetValue(file) ?? DefaultFile));
        return command;
    }

    private static int Execute(string path)
    {
        OutputFile.Require("--out", path, DefaultFile);
        if (!Path.GetExtension(path).Equals(".png", StringComparison.OrdinalIgnoreCase))
            throw new UserErrorException($"--out {path}: the picture is a PNG; give a name that ends in .png, for example {DefaultFile}.");
        // Before the training, not after it.
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder && !Directory.Exists(folder)) throw new UserErrorException($"--out {path}: there is no folder {folder}; make it first.");
        var snapshots = ToyCollapse.Run();
        ToyPicture.Write(path, ToyFigure.Of(snapshots));
        Console.Out.WriteLine($"{path}: four classes, two latents; {string.Join("; ", snapshots.Select(Describe))}");
        return ExitCodes.Done;
    }

    private static string Describe(ToySnapshot snapshot)
    {
        var ratio = SeparationRatio.Measure(new LatentSet(snapshot.Latents, 2, snapshot.Labels, ToyData.Classes)).Ratio;
        return string.Create(CultureInfo.InvariantCulture, $"gamma {snapshot.Gamma:0.####}: mean norm {snapshot.MeanNorm:G3}, separation ratio {ratio:F1}, accuracy {snapshot.Accuracy:F3}");
    }
}
