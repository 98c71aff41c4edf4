using LpcEngine.Engine;
using LpcEngine.Experiments.Metrics;

namespace LpcEngine.Tests.Metrics;

internal sealed class GoldenMetricsTests
{
    private static readonly string[] Names =
        ["sigma_w_mean_entry", "sigma_w_trace", "separation_ratio", "cv_norm", "cv_abs", "nc1", "nc2_equinorm", "nc2_equiangularity", "nc2_max_angle", "nc3", "nc4_mismatch",
        "entropy", "entropy_raw"];

    [Test]
    public void Every_measurement_equals_the_golden_one([Values("metrics-collapsed", "metrics-spread")] string golden, [ValueSource(nameof(Names))] string name)
    {
        using var file = SafeTensorsFile.Open(Path.Combine(TestContext.CurrentContext.TestDirectory, "Goldens", golden + ".safetensors"));
        int[] labels = [.. file.ReadInts64("labels").Select(l => (int)l)];
        int d = (int)file["latents"].Shape[1], classes = (int)file["classifier"].Shape[0];
        var latents = new LatentSet(file.ReadFloats("latents"), d, labels, classes);
        // The files hold what summary.json calls "entropy" under a longer name.
        double expected = file.ReadDoubles(name == "entropy" ? "entropy_standardised_per_dim" : name)[0];
        Assert.That(LatentMetrics.Measure(latents, file.ReadDoubles("classifier"))[name], Is.EqualTo(expected).Within(1e-5 * Math.Abs(expected)));
    }
}
