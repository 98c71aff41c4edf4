using System.Text.Json.Nodes;
using LpcEngine.Experiments.Runs;
using LpcEngine.Experiments.Training;

namespace LpcEngine.Experiments.Robustness;

/// <summary>What summary.json says of robustness.</summary>
internal static class RobustnessSummary
{
    private const string Below = "pgd_below_deepfool", Half = "pgd_half_deepfool";

    private static readonly string[] Objects = ["pgd", "noise", "masking"];

    /// <summary>Adds DeepFool's keys to those of the test split.</summary>
    public static void Add(JsonObject test, DeepFoolResult? deepFool)
    {
        if (deepFool is null) return;
        test["deepfool_relative"] = MetricLines.Number(deepFool.Relative);
        test["deepfool_relative_correct"] = MetricLines.Number(deepFool.RelativeCorrect);
        test["deepfool_absolute"] = MetricLines.Number(deepFool.Absolute);
        test["deepfool_pixel"] = MetricLines.Number(deepFool.Pixel);
        test["deepfool_median"] = MetricLines.Number(deepFool.Median);
        test["deepfool_fooled"] = MetricLines.Number(deepFool.Fooled);
        test["deepfool_images"] = deepFool.Images.Count;
        test["deepfool_nonfinite"] = deepFool.NonFinite;
    }

    /// <summary>Adds all others.</summary>
    public static void Add(JsonObject train, JsonObject test, RobustnessResult? measured)
    {
        if (measured is null) return;
        Add(train, measured.Train);
        Add(test, measured.Test);
        test["pgd"] = Pgd(measured);
        test["noise"] = Noise(measured.Noise);
        test["masking"] = Masking(measured.Masking);
    }

    /// <summary>Takes over from an earlier split of the same weights what was not measured again.</summary>
    /// <remarks>
    /// PGD within DeepFool's distance belongs to both attacks. PGD made again without DeepFool keeps what was found there if it has the same images and steps: it would be found again.
    /// Of another PGD's it would say nothing, and goes.
    /// </remarks>
    public static void Keep(JsonObject earlier, JsonObject now)
    {
        foreach (var group in new Func<string, bool>[] { IsOfDeepFool, IsOfOthers })
        {
            if (now.Any(pair => group(pair.Key) && pair.Value is not null)) continue;
            foreach (var (key, value) in earlier.Where(pair => group(pair.Key))) now[key] = value?.DeepClone();
        }
        if (earlier["masking"] is JsonObject before && now["masking"] is JsonObject masking && IsSame("images") && IsSame("steps")) KeepWithinDeepFool(before, masking);

        bool IsSame(string setting) => JsonText.Number(now, "pgd", setting) is { } value && value == JsonText.Number(earlier, "pgd", setting);
    }

    private static void KeepWithinDeepFool(JsonObject before, JsonObject masking)
    {
        foreach (var key in (string[])[Below, Half])
            if (masking[key] is null && before[key] is { } value) masking[key] = value.DeepClone();
        if (JsonText.Number(masking, Half) > GradientMasking.Threshold) masking["flag"] = true;
    }

    private static bool IsOfDeepFool(string key) => key.StartsWith("deepfool_", StringComparison.Ordinal);

    private static bool IsOfOthers(string key) => Objects.Contains(key) || key.StartsWith("lipschitz_", StringComparison.Ordinal);

    private static JsonObject Pgd(RobustnessResult measured)
    {
        var (plan, l2, linf) = (measured.Plan, measured.L2, measured.Linf);
        return new()
        {
            ["images"] = l2.Images,
            ["clean_error"] = MetricLines.Number(l2.CleanError),
            ["steps"] = plan.Steps,
            ["restarts"] = plan.Restarts,
            ["l2"] = Rates(plan.L2, l2.Fooled),
            ["linf"] = Rates(plan.Linf, linf.Fooled),
            ["l2_strongest"] = Rates(plan.L2, l2.FooledByAny),
            ["linf_strongest"] = Rates(plan.Linf, linf.FooledByAny),
        };
    }

    private static JsonObject Rates(IReadOnlyList<Radius> radii, Func<int, double> rate) =>
        new(radii.Select((radius, i) => KeyValuePair.Create(radius.Text, MetricLines.Number(rate(i)))));

    private static JsonObject Noise(NoiseResult noise) => new()
    {
        ["images"] = noise.Images,
        ["draws"] = noise.Draws,
        ["l2"] = Accuracies(noise.OnSphere),
        ["gaussian"] = Accuracies(noise.Gaussian),
    };

    private static JsonObject Accuracies(IEnumerable<(Radius Size, double Accuracy)> accuracies) =>
        new(accuracies.Select(pair => KeyValuePair.Create(pair.Size.Text, MetricLines.Number(pair.Accuracy))));

    private static JsonObject Masking(GradientMasking masking) => new()
    {
        ["flag"] = masking.Flag,
        ["threshold"] = GradientMasking.Threshold,
        ["zero_gradient_threshold"] = GradientMasking.ZeroThreshold,
        ["zero_gradient"] = MetricLines.Number(masking.ZeroGradient),
        ["restarts_gain"] = MetricLines.Number(masking.RestartsGain),
        ["steps_gain"] = MetricLines.Number(masking.StepsGain),
        ["margin_loss_gain"] = MetricLines.Number(masking.MarginGain),
        [Below] = masking.BelowDeepFool is { } below ? MetricLines.Number(below) : null,
        [Half] = masking.HalfDeepFool is { } half ? MetricLines.Number(half) : null,
    };

    private static void Add(JsonObject split, InputGradients gradients)
    {
        split["lipschitz_mean"] = MetricLines.Number(gradients.Mean);
        split["lipschitz_median"] = MetricLines.Number(gradients.Median);
        split["lipschitz_max"] = MetricLines.Number(gradients.Max);
        split["lipschitz_mean_nonzero"] = MetricLines.Number(gradients.MeanNonzero);
        split["lipschitz_relative"] = MetricLines.Number(gradients.Relative);
        split["lipschitz_per_logit"] = MetricLines.Number(gradients.PerLogit);
        split["lipschitz_images"] = gradients.All.Count;
        split["lipschitz_zero"] = gradients.Zero;
        split["lipschitz_nonfinite"] = gradients.NonFinite;
    }
}
