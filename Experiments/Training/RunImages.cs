using LpcEngine.Engine;
using LpcEngine.Experiments.Data;

namespace LpcEngine.Experiments.Training;

/// <summary>A run's data set on the device.</summary>
/// <param name="Train">Training images.</param>
/// <param name="Validation">Images held out of the training set; null when none are.</param>
/// <param name="Test">Test images; null when there are none.</param>
internal sealed record RunImages(DeviceImages Train, DeviceImages? Validation, DeviceImages? Test)
{
    /// <summary>Images that an evaluation goes through.</summary>
    public int Evaluated => Train.Count + (Validation?.Count ?? 0) + (Test?.Count ?? 0);

    /// <summary>Brings a data set to the device, to be normalised as the run's training images are.</summary>
    public static RunImages Upload(Device device, DataSet data, RunConfig config)
    {
        return new(Split(data.Train), data.Validation is null ? null : Split(data.Validation), data.Test is null ? null : Split(data.Test));

        DeviceImages Split(ImageSet set)
        {
            var (mean, deviation) = config.NormalisationOf(set);
            return new(device, set, mean, deviation);
        }
    }
}
