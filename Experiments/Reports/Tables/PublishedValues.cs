namespace LpcEngine.Experiments.Reports;

/// <summary>A published number that stands beside ours.</summary>
/// <param name="Mean">Over the authors' runs.</param>
/// <param name="Deviation">Over the authors' runs; NaN where none was printed.</param>
internal readonly record struct Published(double Mean, double Deviation = double.NaN);

/// <summary>
/// What the authors printed: Table 4 of arXiv:2310.08224 v5 and, where that version's numbers are not at hand (Tables 1 and 2), the tables of
/// the predecessor of November 2024 (other widths of the penultimate layer, noise on the images, 800 epochs).
/// </summary>
internal static class PublishedValues
{
    // Columns: score, least score, distance of peaks, least distance, variation of |z|.
    private static readonly string[] BinarityKeys =
        ["train:binarity_score", "train:binarity_score_min", "train:peaks_distance", "train:peaks_distance_min", "train:cv_abs"];

    // Columns: mean entry of the within-class covariance, variation of norms, DeepFool, accuracy in percent.
    private static readonly string[] PredecessorKeys = ["train:sigma_w_mean_entry", "train:cv_norm", "test:deepfool_relative", "test_accuracy"];

    private static readonly Dictionary<(string DataSet, string Variant, string Path), Published> Values = [];

    static PublishedValues()
    {
        Binarity("cifar10", "lpc", new(0.181, 0.154), new(-0.331), new(19.810, 3.329), new(11.468), new(0.204));
        Binarity("cifar10", "lpc-wide", new(0.011, 0.106), new(-0.540), new(16.897, 1.699), new(9.409), new(0.232));
        Binarity("cifar10", "lpc-narrow", new(0.559, 0.358), new(0.139), new(30.726, 12.860), new(18.727), new(0.174));
        Binarity("cifar10", "lpc-scl", new(-0.057, 0.116), new(-0.558), new(15.839, 1.597), new(9.163), new(0.245));
        Binarity("cifar10", "linpen", new(-1.307, 0.081), new(-1.421), new(2.174, 0.154), new(0.439), new(0.953));
        Binarity("cifar100", "lpc", new(0.658, 0.005), new(0.476), new(31.832, 0.153), new(26.380), new(0.077));
        Binarity("cifar100", "lpc-wide", new(0.542, 0.007), new(0.308), new(28.336, 0.190), new(22.389), new(0.083));
        Binarity("cifar100", "lpc-narrow", new(0.980, 0.143), new(0.756), new(44.379, 6.085), new(35.272), new(0.060));
        Binarity("cifar100", "lpc-scl", new(0.385, 0.121), new(0.185), new(24.383, 3.028), new(19.834), new(0.094));
        Binarity("cifar100", "linpen", new(-1.420, 0.000), new(-1.423), new(1.252, 0.011), new(0.463), new(0.800));

        Predecessor("cifar10", "lpc", new(1.234e-12, 4.8e-13), new(0.033, 0.009), new(0.725, 0.067), new(94.86, 0.09));
        Predecessor("cifar10", "lpc-wide", new(7.890e-15, 4.9e-15), new(0.033, 0.008), new(0.336, 0.119), new(94.85, 0.06));
        Predecessor("cifar10", "lpc-narrow", new(1.564e-12, 4.9e-13), new(0.045, 0.018), new(0.526, 0.083), new(94.54, 0.08));
        Predecessor("cifar10", "nopen", new(0.029, 0.005), new(0.120, 0.138), new(0.014, 0.001), new(94.54, 0.04));
        Predecessor("cifar10", "linpen", new(6.909, 1.361), new(0.176, 0.140), new(0.014), new(94.53, 0.05));
        Predecessor("cifar10", "nonlinpen", new(17.825, 7.792), new(0.208, 0.138), new(0.016, 0.001), new(94.42, 0.04));
        Predecessor("cifar100", "lpc", new(3.176e-12, 9.6e-13), new(0.085, 0.005), new(0.247, 0.011), new(77.90, 0.34));
        Predecessor("cifar100", "lpc-wide", new(2.468e-13, 4.1e-13), new(0.071, 0.015), new(0.114, 0.013), new(75.87, 0.15));
        Predecessor("cifar100", "lpc-narrow", new(6.599e-11, 1.3e-10), new(0.063, 0.017), new(0.195, 0.011), new(74.90, 0.47));
        Predecessor("cifar100", "nopen", new(0.022, 0.009), new(0.102, 0.071), new(0.008, 0.000), new(77.02, 0.16));
        Predecessor("cifar100", "linpen", new(0.671, 0.037), new(0.151, 0.094), new(0.007), new(76.51, 0.24));
        Predecessor("cifar100", "nonlinpen", new(2.039, 0.969), new(0.176, 0.097), new(0.007), new(76.26, 0.14));
    }

    /// <summary>The published value of a measure; null when none is known.</summary>
    public static Published? Of(string dataSet, string variant, string path) => Values.TryGetValue((dataSet, variant, path), out var value) ? value : null;

    private static void Binarity(string dataSet, string variant, params ReadOnlySpan<Published> values) => Add(dataSet, variant, BinarityKeys, values);

    private static void Predecessor(string dataSet, string variant, params ReadOnlySpan<Published> values)
    {
        Add(dataSet, variant, PredecessorKeys, values);
        // Accuracies were printed in percent; ours are fractions.
        var accuracy = values[3];
        Values[(dataSet, variant, PredecessorKeys[3])] = new(accuracy.Mean / 100, accuracy.Deviation / 100);
    }

    private static void Add(string dataSet, string variant, string[] keys, ReadOnlySpan<Published> values)
    {
        for (var i = 0; i < keys.Length; i++) Values[(dataSet, variant, keys[i])] = values[i];
    }
}
