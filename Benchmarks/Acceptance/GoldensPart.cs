using System.Globalization;
using LpcEngine.Engine;
using LpcEngine.Experiments.Data;
using LpcEngine.Experiments.Training;
using LpcEngine.Kernels;

namespace LpcEngine.Benchmarks.Acceptance;

/// <summary>A few training steps from PyTorch's weights on PyTorch's batches: losses of each step, then weights, logits and latents, against values that PyTorch made in double precision.</summary>
internal sealed class GoldensPart : IAcceptancePart
{
    private static readonly string[] Networks = ["resnet18-w8", "resnet50-w4"];

    public string Name => "goldens";

    public double Share => 25;

    public bool Judges => true;

    public bool WantsFreshDevices => false;

    public string? Obstacle(AcceptanceOptions options) =>
        options.Goldens is null ? "no --goldens DIR" : options.Kind == "emulator" ? "a step of a ResNet would take the emulator hours" : null;

    /// <summary>Refuses a folder that lacks a file.</summary>
    /// <param name="folder">The folder; null is none.</param>
    /// <exception cref="UserErrorException">A file is missing.</exception>
    public static void Require(string? folder)
    {
        if (folder is null) return;
        foreach (var network in Networks)
            if (!File.Exists(PathOf(folder, network))) throw new UserErrorException($"--goldens {folder}: there is no {network}.safetensors in it.");
    }

    public IEnumerable<AcceptanceCheck> Checks(AcceptanceOptions options, Device device) =>
        from network in Networks
        from precision in AcceptanceOptions.PrecisionsOf(device)
        select AcceptanceCheck.In(precision, network, target => Follow(target, PathOf(options.Goldens!, network), network.Split('-')[0]));

    private static string PathOf(string folder, string network) => Path.Combine(folder, network + ".safetensors");

    private static Outcome Follow(Device device, string path, string backbone)
    {
        using var golden = SafeTensorsFile.Open(path);
        double Meta(string key) => double.Parse(golden.Metadata[key], CultureInfo.InvariantCulture);
        var shape = golden["images"].Shape; // steps, batch, channels, height, width
        var (steps, batch) = ((int)shape[0], (int)shape[1]);
        var session = TrainingSession.Begin(device, new TrainOptions
        {
            DataSet = path, Variant = "lpc-narrow", Backbone = backbone, Width = (int)Meta("width"), Penultimate = (int)Meta("latent"), Classes = (int)Meta("classes"), Epochs = 1,
            Batch = batch, Rate = Meta("lr"), WeightDecay = Meta("weight_decay"), GammaStart = Meta("gamma"), GammaFactor = 1, GammaMax = Meta("gamma"), Augment = "none", Shuffle = "none",
        }, Data(golden, steps * batch));
        ModelFile.Read(golden, session.Model, "init.");

        var allowed = Allowed.At(device.Precision);
        var expected = golden.ReadDoubles("loss_ce_penalty");
        double losses = 0, weights = 0;
        for (var i = 0; i < steps; i++)
        {
            session.TakeStep();
            session.Trainer.Losses.Fetch(i + 1);
            var step = session.Trainer.Losses.Of(i + 1);
            losses = Worse(losses, Math.Abs(step.CrossEntropy / expected[2 * i] - 1), Math.Abs(step.Penalty / expected[2 * i + 1] - 1));
        }
        foreach (var tensor in session.Model.State()) weights = Worse(weights, RelativeError.Of(tensor.ToFile(), golden.ReadDoubles("final." + tensor.Name)));
        // PyTorch's evaluation is of the first batch, after the last step, with running statistics.
        var evaluation = Evaluator.Run(session.Model, session.Images.Train, device);
        var outputs = Worse(Of(evaluation.Logits, "eval_logits"), Of(evaluation.Latents, "eval_latent"));

        return new(losses <= allowed.Losses && outputs <= allowed.Outputs && !(weights > allowed.Weights) ? Verdict.Pass : Verdict.Fail, string.Create(CultureInfo.InvariantCulture,
            $"{steps} steps; worst error of losses {losses:g2} of {allowed.Losses:g2} allowed, of logits and latents {outputs:g2} of {allowed.Outputs:g2}, of weights {weights:g2}{(allowed.Weights is { } most ? string.Create(CultureInfo.InvariantCulture, $" of {most:g2}") : ", not judged")}"))
        {
            Numbers = new()
            {
                ["steps"] = steps, ["losses"] = MetricLines.Number(losses), ["outputs"] = MetricLines.Number(outputs), ["weights"] = MetricLines.Number(weights),
                ["losses_allowed"] = allowed.Losses, ["outputs_allowed"] = allowed.Outputs, ["weights_allowed"] = allowed.Weights,
            },
        };

        double Of(float[] values, string name) => RelativeError.Of(values.AsSpan(0, golden.ReadDoubles(name).Length), golden.ReadDoubles(name));
    }

    // Not a number is worse than any.
    private static double Worse(params ReadOnlySpan<double> errors)
    {
        var worst = 0.0;
        foreach (var error in errors) worst = double.IsNaN(error) ? double.PositiveInfinity : Math.Max(worst, error);
        return worst;
    }

    private static DataSet Data(SafeTensorsFile golden, int count)
    {
        var shape = golden["images"].Shape;
        var (channels, height, width) = ((int)shape[2], (int)shape[3], (int)shape[4]);
        var pixels = AxisOrder.Permute(golden.ReadFloats("images"), new Shape(count, channels, height, width), new[] { 0, 2, 3, 1 });
        var labels = Array.ConvertAll(golden.ReadInts64("labels"), label => (int)label);
        string[] names = [.. Enumerable.Range(0, labels.Max() + 1).Select(label => $"{label}")];
        return new("goldens", names, new ImageSet(count, height, width, channels, null, pixels, labels), null, new float[channels], [.. Enumerable.Repeat(1f, channels)], Flip: false);
    }

    /// <summary>The errors allowed: in fp32 those of the tests, in the others several times what PoCL's device showed (losses 0.002 and 0.03, outputs 0.002 and 0.008).</summary>
    /// <remarks>
    /// Weights are judged in fp32 alone. AdamW's first steps move each weight by the rate, up or down, however small its gradient; where that is within its rounding, the direction is chance, and a bias
    /// that began at zero may end with the other sign.
    /// </remarks>
    private sealed record Allowed(double Losses, double Outputs, double? Weights)
    {
        public static Allowed At(Precision precision) => precision switch
        {
            Precision.Fp32 => new(2e-4, 1e-3, 2e-3),
            Precision.Tf32 => new(1e-2, 1e-2, null),
            _ => new(1e-1, 5e-2, null),
        };
    }
}
