using LpcEngine.Engine;
using LpcEngine.Experiments.Commands;
using LpcEngine.Experiments.Data;
using LpcEngine.Experiments.Training;
using LpcEngine.Models;

namespace LpcEngine.Benchmarks.Acceptance;

/// <summary>A training run without a folder: what the command line of training would make of its options, up to the trainer.</summary>
/// <param name="Config">The run.</param>
/// <param name="Images">Its data on the device.</param>
/// <param name="Trainer">Takes its steps.</param>
internal sealed record TrainingSession(RunConfig Config, RunImages Images, Trainer Trainer)
{
    /// <summary>The network.</summary>
    public Classifier Model => Trainer.Model;

    /// <summary>Makes network, data and optimizer.</summary>
    /// <param name="device">Where, at the precision that it is set to.</param>
    /// <param name="options">As on the command line of training; the preset is <c>quick</c> unless they say otherwise.</param>
    /// <param name="data">The data set.</param>
    public static TrainingSession Begin(Device device, TrainOptions options, DataSet data)
    {
        var config = RunConfig.From(options with { Precision = AcceptanceCheck.NameOf(device.Precision) }, Preset.Named(options.Preset ?? "quick"), Variants.Named(options.Variant), data.Facts);
        var model = RunSetup.NewModel(device, config, resuming: false);
        var images = RunImages.Upload(device, data, config);
        return new(config, images, new Trainer(config, model, images.Train, device));
    }

    /// <summary>The drawn data set of ten classes.</summary>
    /// <param name="trainPerClass">Training images of each class.</param>
    /// <param name="testPerClass">Test images of each class.</param>
    public static DataSet Synthetic(int trainPerClass, int testPerClass) =>
        DataSets.Load("synthetic10", new DataOptions { TrainPerClass = trainPerClass, TestPerClass = testPerClass, Seed = 0 });

    /// <summary>A step; the next epoch begins where one is complete.</summary>
    public void TakeStep()
    {
        if (Trainer.EpochIsComplete) Trainer.BeginEpoch(Trainer.Epoch + 1);
        Trainer.TakeStep();
    }
}
