using System.Globalization;
using System.Text.Json.Nodes;
using LpcEngine.Engine;
using LpcEngine.Kernels;

namespace LpcEngine.Benchmarks.Acceptance;

/// <summary>Every operation, every case, at every precision that its declaration names for the device, forward and backward, against the double-precision reference (<see cref="Agreement"/>); and what convolutions find out about their channels.</summary>
/// <remarks>On CUDA also the cases that large tiles take.</remarks>
/// <param name="specs">The operations.</param>
internal sealed class CorrectnessPart(IReadOnlyList<OpSpec> specs) : IAcceptancePart
{
    public string Name => "correctness";

    public double Share => 110;

    public bool Judges => true;

    public bool WantsFreshDevices => false;

    public string? Obstacle(AcceptanceOptions options) => null;

    public IEnumerable<AcceptanceCheck> Checks(AcceptanceOptions options, Device device)
    {
        foreach (var spec in options.Chosen(specs))
            foreach (var precision in spec.Precisions(options.Kind).Where(device.Computes))
            {
                yield return new AcceptanceCheck(spec.Name, precision, target => Check(target, precision, spec, options.Kind));
                if (spec == Conv2dOp.Spec && device is GpuDevice) yield return AcceptanceCheck.In(precision, $"{spec.Name} statistics", target => StatisticsCheck.Run(target, isLarge: options.Kind == "cuda"));
            }
    }

    private static Outcome Check(Device device, Precision precision, OpSpec spec, string kind)
    {
        (OpCase Case, Deviation Deviation)? worst = null;
        var (cases, wrong, compared) = (0, new JsonArray(), 0);
        foreach (var declared in kind == "cuda" ? spec.Cases.Concat(spec.LargeCases()) : spec.Cases)
        {
            if (kind == "emulator" && !declared.Toy) continue;
            cases++;
            foreach (var deviation in Agreement.Check(device, precision, spec, declared))
            {
                compared++;
                if (!deviation.Passes) wrong.Add(Place(declared, deviation));
                if (worst is null || deviation.Share > worst.Value.Deviation.Share) worst = (declared, deviation);
            }
        }
        if (worst is not var (where, most)) return Outcome.NotRun("it declares no case for this device");
        var few = wrong.Count > 0 ? $", {wrong.Count} of {compared} comparisons fail" : "";
        return new(wrong.Count == 0 ? Verdict.Pass : Verdict.Fail,
            string.Create(CultureInfo.InvariantCulture, $"worst error {most.Error:g2} of {most.Tolerance:g2} allowed in {cases} cases{few}: {most.What} of {where.Label}"))
        {
            Numbers = new()
            {
                ["worst_error"] = Number(most.Error), ["tolerance"] = most.Tolerance, ["case"] = where.Label, ["what"] = most.What,
                ["cases"] = cases, ["comparisons"] = compared, ["wrong"] = wrong,
            },
        };
    }

    private static JsonObject Place(OpCase declared, Deviation deviation) =>
        new() { ["case"] = declared.Label, ["what"] = deviation.What, ["error"] = Number(deviation.Error), ["tolerance"] = deviation.Tolerance };

    // JSON has no infinity.
    private static JsonNode Number(double value) => double.IsFinite(value) ? value : "infinite";
}
