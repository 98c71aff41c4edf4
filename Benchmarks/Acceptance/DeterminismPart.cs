using System.Globalization;
using System.Runtime.InteropServices;
using LpcEngine.Engine;
using LpcEngine.Experiments.Training;

namespace LpcEngine.Benchmarks.Acceptance;

/// <summary>Three short trainings with the same seed, augmented and shuffled: two whose steps are replayed (on CUDA as a graph), the second in other memory, and one whose steps' code runs each time. Every
/// weight, running statistic and moment of the optimizer must have the same bits, and mean losses that are read back while steps go on those of the training that waits for them.</summary>
internal sealed class DeterminismPart : IAcceptancePart
{
    // Of an epoch's three steps the last has a smaller batch and a recording of its own, which the third epoch makes.
    private const int Steps = 12, StepsPerEpoch = 3;

    public string Name => "determinism";

    public double Share => 25;

    public bool Judges => true;

    public bool WantsFreshDevices => true;

    public string? Obstacle(AcceptanceOptions options) => options.Kind == "emulator" ? "a step of a ResNet would take the emulator hours" : null;

    public IEnumerable<AcceptanceCheck> Checks(AcceptanceOptions options, Device device) =>
        AcceptanceOptions.PrecisionsOf(device).Select(precision => AcceptanceCheck.In(precision, $"resnet18, {Steps} steps: replayed twice, and by their code", target => Compare(target, options)));

    private static Outcome Compare(Device device, AcceptanceOptions options)
    {
        var ((first, followed), (again, waitedFor)) = (Train(device, options, waits: false), Train(device, options, waits: true));
        device.ReplaysSteps = false;
        var (code, _) = Train(device, options, waits: false);
        device.ReplaysSteps = true;
        var (values, different, wrong) = (0L, 0L, (string?)null);
        for (var i = 0; i < first.Count; i++)
        {
            var (name, a) = first[i];
            var (b, c) = (again[i].Bits, code[i].Bits);
            values += a.Length;
            for (var j = 0; j < a.Length; j++)
            {
                if (!float.IsFinite(BitConverter.Int32BitsToSingle(a[j]))) wrong ??= $"{name} holds numbers that are not finite";
                if (a[j] == b[j] && a[j] == c[j]) continue;
                (different, wrong) = (different + 1, wrong ?? $"the first that differs is {name}, {(a[j] == b[j] ? "replayed from its code's" : "between the replays")}");
            }
        }
        var seen = Enumerable.Range(0, Steps).Where(step => !float.IsNaN(followed[step])).ToArray();
        foreach (var step in seen.Where(step => BitConverter.SingleToInt32Bits(followed[step]) != BitConverter.SingleToInt32Bits(waitedFor[step])))
            wrong ??= string.Create(CultureInfo.InvariantCulture, $"the mean loss after step {step + 1} is {followed[step]} where nobody waits for it, and else {waitedFor[step]}");
        if (seen.Length < Steps / StepsPerEpoch) wrong ??= "losses that nobody waits for do not come";
        return new(wrong is null ? Verdict.Pass : Verdict.Fail,
            string.Create(CultureInfo.InvariantCulture, $"{different:n0} of {values:n0} values differ{(wrong is null ? "" : $": {wrong}")}"))
        {
            Numbers = new() { ["values"] = values, ["different"] = different, ["steps"] = Steps, ["batch"] = options.Batch, ["width"] = options.Width },
        };
    }

    // The state in the end, and the mean cross-entropy of the epoch after each step; NaN where it is not known.
    private static (List<(string Name, int[] Bits)> State, float[] Means) Train(Device device, AcceptanceOptions options, bool waits)
    {
        // Two whole batches and a part of one make an epoch.
        var data = TrainingSession.Synthetic(Math.Max(1, options.Batch * (2 * StepsPerEpoch - 1) / 20), 1);
        var session = TrainingSession.Begin(device, new TrainOptions
        {
            DataSet = "synthetic10", Variant = "lpc-narrow", Backbone = "resnet18", Width = options.Width, Batch = options.Batch, Augment = "standard", Seed = 1,
        }, data);
        var means = new float[Steps];
        Array.Fill(means, float.NaN);
        for (var step = 0; step < Steps; step++)
        {
            session.TakeStep();
            var (losses, stepOfEpoch) = (session.Trainer.Losses, session.Trainer.StepOfEpoch);
            if (waits) losses.Fetch(stepOfEpoch);
            else losses.Follow(stepOfEpoch);
            if (losses.Steps > 0) means[step - stepOfEpoch + losses.Steps] = (float)losses.Means.CrossEntropy;
        }
        return ([.. session.Model.State().Concat(session.Trainer.Optimizer.State()).Select(tensor => (tensor.Name, MemoryMarshal.Cast<float, int>(tensor.Tensor.ToFloats()).ToArray()))], means);
    }
}
