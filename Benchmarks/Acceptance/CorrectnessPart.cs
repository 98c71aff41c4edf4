using System.Globalization;
using System.Text.Json.Nodes;
using LpcEngine.Engine;
using LpcEngine.Kernels;

namespace LpcEngine.Benchmarks.Acceptance;

/// <summary>Every operation, every case, at every precision that its declaration names for the device, forward and backward, against the double-precision reference (<see cref="Agreement"/>).</summary>
/// <param name="specs">The operations.</param>
internal sealed class CorrectnessPart(IReadOnlyList<OpSpec> specs) : IAcceptancePart
{
    public string Name => "correctness";

    public double Share => 110;

    public bool Judges => true;

    public bool WantsFreshDevices => false;

    public string? Obstacle(AcceptanceOptions options) => null;

    public IEnumerable<AcceptanceCheck> Checks(AcceptanceOptions options, Device device) =>
        from spec in options.Chosen(specs)
        from precision in spec.Precisions(options.Kind)
        where device.Computes(precision)
        select new AcceptanceCheck(spec.Name, precision, target => Check(target, precision, spec, options.Kind == "emulator"));

    private static Outcome Check(Device device, Precision precision, OpSpec spec, bool isEmulator)
    {
        (OpCase Case, Deviation Deviation)? worst = null;
        var (cases, wrong, compared) = (0, new JsonArray(), 0);
        foreach (var declared in spec.Cases)
        {
            if (isEmulator && !declared.Toy) continue;
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
