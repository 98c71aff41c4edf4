using LpcEngine.Experiments.Data;
using LpcEngine.Experiments.Training;
using LpcEngine.Models;

namespace LpcEngine.Tests.Experiments;

/// <summary>The folder of a run that names none says what makes it different.</summary>
public sealed class RunNames
{
    [Test]
    public void A_preset_run_has_the_plain_name_and_each_option_adds_to_it()
    {
        Assert.That(Name(new()), Is.EqualTo("runs/synthetic10/lpc-narrow/quick-resnet18-w16-lr0.001-seed1"));
        Assert.That(Name(new() { Epochs = 9, GammaMax = 2.5, TrainSize = 3 }), Does.EndWith("seed1-epochs9-gamma-max2.5-train-size3"));
        Assert.That(Name(new() { Init = "some/where/start.safetensors" }), Does.EndWith("-initstart.safetensors"));
        Assert.That(Name(new() { Width = 8, Seed = 3, Rate = 0.01 }), Does.EndWith("quick-resnet18-w8-lr0.01-seed3"));
    }

    [TestCase("tensors:my.data.safetensors")]
    [TestCase("tensors:./deep/my.data.safetensors")]
    public void A_file_of_tensors_gives_its_name_without_what_stands_around_it(string dataSet) =>
        Assert.That(Name(new(), dataSet), Does.StartWith("runs/tensors-my.data/lpc-narrow/"));

    [Test]
    public void A_long_name_is_cut_and_stays_its_own()
    {
        var options = new Options { Epochs = 9, GammaMax = 2.5, TrainSize = 3, Init = new string('a', 200) };
        var (one, other) = (Name(options), Name(options with { GammaMax = 2.25 }));
        Assert.That(Path.GetFileName(one), Has.Length.LessThanOrEqualTo(120));
        Assert.That(other, Is.Not.EqualTo(one));
    }

    private sealed record Options
    {
        public int? Epochs { get; init; }
        public int? Width { get; init; }
        public int? TrainSize { get; init; }
        public long? Seed { get; init; }
        public double? Rate { get; init; }
        public double? GammaMax { get; init; }
        public string? Init { get; init; }
    }

    private static string Name(Options options, string dataSet = "synthetic10")
    {
        var images = new ImageSet(10, 8, 8, 3, new byte[10 * 192], null, [.. Enumerable.Range(0, 10)]);
        var data = new DataSet(dataSet, [.. Enumerable.Range(0, 10).Select(i => $"{i}")], images, null, [0, 0, 0], [1, 1, 1], Flip: true);
        var train = new TrainOptions
        {
            DataSet = dataSet, Variant = "lpc-narrow", Epochs = options.Epochs, Width = options.Width, TrainSize = options.TrainSize, Seed = options.Seed,
            Rate = options.Rate, GammaMax = options.GammaMax, Init = options.Init,
        };
        var (preset, variant) = (Preset.Named("quick"), Variants.Named("lpc-narrow"));
        return RunName.Folder(RunConfig.From(train, preset, variant, data.Facts), train, preset, variant, data.Facts).Replace('\\', '/');
    }
}
