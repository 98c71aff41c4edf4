using System.Diagnostics;
using System.Text.Json.Nodes;
using LpcEngine.Engine;
using LpcEngine.Experiments.Data;
using LpcEngine.Experiments.Robustness;
using LpcEngine.Experiments.Training;

namespace LpcEngine.Benchmarks.Attacks;

/// <summary>Times DeepFool on the test images of a trained network's own data set.</summary>
internal static class DeepFoolTimer
{
    /// <summary>Attacks the images that <c>evaluate --deepfool-images</c> attacks, after an attack on the first batch that is not timed.</summary>
    /// <param name="folder">A run folder.</param>
    /// <param name="data">Where its data set lies.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="images">How many to attack; all where there are fewer.</param>
    /// <param name="batch">How many at a time.</param>
    /// <returns>One line of JSON, with the keys of peers/deepfool.py.</returns>
    /// <exception cref="UserErrorException">There is no network in the folder, or no test images that fit it.</exception>
    public static string Measure(string folder, DataOptions data, Device device, int images, int batch)
    {
        var run = TrainedRun.Load(folder, device);
        var set = DataSets.Load(run.Config.DataSet, data).Test ?? throw new UserErrorException($"{run.Config.DataSet} has no test images to attack.");
        if ((set.Height, set.Width, set.Channels) != (run.Config.ImageHeight, run.Config.ImageWidth, run.Config.ImageChannels))
            throw new UserErrorException($"{run.Config.DataSet} has images of another shape than those that {folder} was trained on. Give the right --data-dir.");
        var (mean, deviation) = run.Config.NormalisationOf(set);
        var test = new DeviceImages(device, set, mean, deviation);
        var chosen = AttackedImages.Choose(images, test.Count, run.Config.Seed);
        Attack(chosen[..Math.Min(batch, chosen.Length)]);
        var start = Stopwatch.GetTimestamp();
        var result = Attack(chosen);
        return Json(result, Stopwatch.GetElapsedTime(start).TotalSeconds).ToJsonString();

        DeepFoolResult Attack(int[] attacked)
        {
            using var deepFool = new DeepFool(run.Model, device, test, attacked, new DeepFoolSettings(batch));
            return deepFool.Run()!;
        }
    }

    private static JsonObject Json(DeepFoolResult result, double seconds) => new()
    {
        ["images"] = result.Images.Count,
        ["seconds"] = Math.Round(seconds, 3),
        ["milliseconds_per_image"] = Math.Round(1e3 * seconds / result.Images.Count, 3),
        ["steps_per_image"] = result.Images.Average(image => image.Iterations),
        ["relative"] = MetricLines.Number(result.Relative),
        ["median"] = MetricLines.Number(result.Median),
        ["fooled"] = MetricLines.Number(result.Fooled),
    };
}
