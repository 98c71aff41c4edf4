using System.Globalization;
using System.Runtime.InteropServices;
using LpcEngine.Engine;
using LpcEngine.Experiments.Training;

namespace LpcEngine.Benchmarks.Acceptance;

/// <summary>Two short trainings with the same seed, augmented and shuffled, the second in other memory: every weight, running statistic and moment of the optimizer must have the same bits.</summary>
internal sealed class DeterminismPart : IAcceptancePart
{
    private const int Steps = 6, StepsPerEpoch = 3;

    public string Name => "determinism";

    public double Share => 25;

    public bool Judges => true;

    public bool WantsFreshDevices => true;

    public string? Obstacle(AcceptanceOptions options) => options.Kind == "emulator" ? "a step of a ResNet would take the emulator hours" : null;

    public IEnumerable<AcceptanceCheck> Checks(AcceptanceOptions options, Device device) =>
        AcceptanceOptions.PrecisionsOf(device).Select(precision => AcceptanceCheck.In(precision, $"resnet18, {Steps} steps twice", target => Compare(target, options)));

    private static Outcome Compare(Device device, AcceptanceOptions options)
    {
        var (first, second) = (Train(device, options), Train(device, options));
        var (values, different, wrong) = (0L, 0L, (string?)null);
        for (var i = 0; i < first.Count; i++)
        {
            var (name, a) = first[i];
            var b = second[i].Bits;
            values += a.Length;
            for (var j = 0; j < a.Length; j++)
            {
                if (!float.IsFinite(BitConverter.Int32BitsToSingle(a[j]))) wrong ??= $"{name} holds numbers that are not finite";
                if (a[j] != b[j]) (different, wrong) = (different + 1, wrong ?? $"the first that differs is {name}");
            }
        }
        return new(wrong is null ? Verdict.Pass : Verdict.Fail,
            string.Create(CultureInfo.InvariantCulture, $"{different:n0} of {values:n0} values differ{(wrong is null ? "" : $": {wrong}")}"))
        {
            Numbers = new() { ["values"] = values, ["different"] = different, ["steps"] = Steps, ["batch"] = options.Batch, ["width"] = options.Width },
        };
    }

    private static List<(string Name, int[] Bits)> Train(Device device, AcceptanceOptions options)
    {
        // Two whole batches and a part of one make an epoch.
        var data = TrainingSession.Synthetic(Math.Max(1, options.Batch * (2 * StepsPerEpoch - 1) / 20), 1);
        var session = TrainingSession.Begin(device, new TrainOptions
        {
            DataSet = "synthetic10", Variant = "lpc-narrow", Backbone = "resnet18", Width = options.Width, Batch = options.Batch, Augment = "standard", Seed = 1,
        }, data);
        for (var step = 0; step < Steps; step++) session.TakeStep();
        return [.. session.Model.State().Concat(session.Trainer.Optimizer.State()).Select(tensor => (tensor.Name, MemoryMarshal.Cast<float, int>(tensor.Tensor.ToFloats()).ToArray()))];
    }
}
