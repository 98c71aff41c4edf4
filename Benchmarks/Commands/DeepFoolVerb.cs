using System.CommandLine;
using LpcEngine.Benchmarks.Attacks;
using LpcEngine.Experiments.Data;

namespace LpcEngine.Benchmarks.Commands;

/// <summary><c>deepfool</c>: the speed of the attack on a trained network, as one line of JSON.</summary>
internal static class DeepFoolVerb
{
    private const int UsualImages = 1000, UsualBatch = 128;

    public static Command Create()
    {
        var run = new Argument<string>("run") { Description = "a run folder" };
        var images = Verbs.Option<int?>("--images", $"test images to attack (default {UsualImages})");
        var batch = Verbs.Option<int?>("--batch", $"images at a time (default {UsualBatch}); 1 to see what batches are good for");
        var dataDirectory = Verbs.Option<string?>("--data-dir", "where data sets lie (default: $LPC_DATA, else ./data)");
        var (device, threads) = (Verbs.Device(), Verbs.Threads());
        var command = new Command("deepfool", "Attacks test images of a run's data set; peers/deepfool.py does the same in PyTorch.") { run, images, batch, dataDirectory, device, threads };
        command.SetAction(parsed =>
        {
            var (count, together) = (Verbs.Positive("--images", parsed.GetValue(images) ?? UsualImages), Verbs.Positive("--batch", parsed.GetValue(batch) ?? UsualBatch));
            using var opened = Verbs.Open(parsed.GetValue(device), parsed.GetValue(threads));
            var data = new DataOptions { DataDirectory = parsed.GetValue(dataDirectory) };
            Console.Out.WriteLine(DeepFoolTimer.Measure(parsed.GetRequiredValue(run), data, opened, count, together));
            return 0;
        });
        return command;
    }
}
