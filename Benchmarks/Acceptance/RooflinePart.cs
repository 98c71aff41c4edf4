using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using LpcEngine.Benchmarks.Suite;
using LpcEngine.Engine;
using LpcEngine.Experiments.Training;
using LpcEngine.Kernels;

namespace LpcEngine.Benchmarks.Acceptance;

/// <summary>Each operation at the sizes of its benchmarks, the largest first, forward and backward at each precision, beside the device's measured roof: the lower of what its arithmetic and its memory allow.</summary>
/// <remarks>The largest case of every operation comes before the second of any, so that a short time leaves out the small ones.</remarks>
/// <param name="specs">The operations.</param>
internal sealed class RooflinePart(IReadOnlyList<OpSpec> specs) : IAcceptancePart
{
    private const double BlockSeconds = 5e-3, LeastSeconds = 0.1;
    private const int MostPasses = 500, MostBlocks = 9;

    private DeviceCeilings? ceilings;

    public string Name => "roofline";

    public double Share => 70;

    public bool Judges => false;

    public bool WantsFreshDevices => false;

    public string? Obstacle(AcceptanceOptions options) => options.Kind == "emulator" ? "the emulator is for debugging; its speed says nothing" : null;

    public IEnumerable<AcceptanceCheck> Checks(AcceptanceOptions options, Device device)
    {
        yield return new("ceilings", null, Ceiling);
        var cases =
            from spec in options.Chosen(specs)
            from ranked in spec.Benchmarks().OrderByDescending(declared => spec.Bound == Bound.Compute ? declared.Flops : declared.Bytes).Take(options.Cases).Select((declared, rank) => (declared, rank))
            orderby ranked.rank
            select (spec, ranked.declared);
        foreach (var (spec, declared) in cases)
            foreach (var precision in spec.Precisions(options.Kind).Where(device.Computes))
                foreach (var row in BenchmarkRow.Of(spec, declared))
                    yield return AcceptanceCheck.In(precision, row.ToString(), target => Measure(target, row));
    }

    private Outcome Ceiling(Device device)
    {
        var found = CeilingsOf(device);
        return new(Verdict.Measured, string.Create(CultureInfo.InvariantCulture,
            $"{found.Gflops / 1e3:n2} TFLOP/s of fp32 multiply-adds{Tensor("tf32", found.Tf32Gflops)}{Tensor("bf16", found.Bf16Gflops)}; copy {found.Bandwidth:n0} GB/s, read {found.ReadBandwidth:n0} GB/s"))
        {
            Numbers = new()
            {
                ["gflops"] = Math.Round(found.Gflops, 1), ["tf32_gflops"] = found.Tf32Gflops is { } tf32 ? Math.Round(tf32, 1) : null, ["bf16_gflops"] = found.Bf16Gflops is { } bf16 ? Math.Round(bf16, 1) : null,
                ["copy_gb_per_second"] = Math.Round(found.Bandwidth, 2), ["read_gb_per_second"] = Math.Round(found.ReadBandwidth, 2),
            },
        };

        static string Tensor(string name, double? gflops) => gflops is { } known ? string.Create(CultureInfo.InvariantCulture, $", {known / 1e3:n1} of {name} on tensor cores") : "";
    }

    private static string CeilingName(DeviceCeilings limits, Precision precision) =>
        limits.GflopsAt(precision) == limits.Gflops ? "fp32" : $"tensor cores' {AcceptanceCheck.NameOf(precision)}";

    private DeviceCeilings CeilingsOf(Device device) => ceilings ??= Ceilings.Measure(device);

    private Outcome Measure(Device device, BenchmarkRow row)
    {
        var limits = CeilingsOf(device);
        if (row.IsTooMuchFor(limits, device.Precision)) return Outcome.NotRun("a pass would take this device more than a second at its peak");
        var nanoseconds = 1e9 * Seconds(device, row);
        var bytes = row.Bytes * StoredShare(row.Case, device.Precision);
        var (gflops, bandwidth) = (row.Gflops(nanoseconds), bytes / nanoseconds);
        // The roof is the lower of the two: what it allows is what the operation uses the larger part of.
        double arithmetic = gflops / limits.GflopsAt(device.Precision), traffic = bandwidth / limits.Bandwidth;
        var isArithmetic = arithmetic >= traffic;
        var percent = 100 * Math.Max(arithmetic, traffic);
        var rates = string.Create(CultureInfo.InvariantCulture,
            $"{gflops / 1e3:n2} TFLOP/s, {bandwidth:n1} GB/s, {percent:n1} % of {(isArithmetic ? $"the {CeilingName(limits, device.Precision)} ceiling" : "copy")}");
        return new(Verdict.Measured, string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1e6:n4} ms, {rates}"))
        {
            Numbers = new()
            {
                ["milliseconds"] = Math.Round(nanoseconds / 1e6, 6), ["gflops"] = Rounded(gflops), ["gb_per_second"] = Rounded(bandwidth), ["percent_of_ceiling"] = Rounded(percent),
                ["bound"] = isArithmetic ? "arithmetic" : "memory",
            },
        };

        static JsonNode? Rounded(double value) => MetricLines.Number(Math.Round(value, 3));
    }

    // The median of some blocks of passes; what is queued is waited for once a block.
    private static double Seconds(Device device, BenchmarkRow row)
    {
        OperationBenchmarks.Device = device;
        var benchmark = new OperationBenchmarks { Row = row };
        try
        {
            benchmark.Setup();
            var quick = Block(1);
            var passes = (int)Math.Clamp(Math.Ceiling(BlockSeconds / quick), 1, MostPasses);
            var blocks = new List<double>();
            for (var begin = Stopwatch.GetTimestamp(); blocks.Count < MostBlocks && (blocks.Count == 0 || Stopwatch.GetElapsedTime(begin).TotalSeconds < LeastSeconds);) blocks.Add(Block(passes));
            blocks.Sort();
            return (blocks[(blocks.Count - 1) / 2] + blocks[blocks.Count / 2]) / 2;
        }
        finally
        {
            benchmark.Cleanup();
        }

        double Block(int passes)
        {
            device.Synchronize();
            var start = Stopwatch.GetTimestamp();
            for (var i = 0; i < passes; i++) benchmark.Pass();
            device.Synchronize();
            return Stopwatch.GetElapsedTime(start).TotalSeconds / passes;
        }
    }

    // Declarations count bytes as in fp32. In bf16 activations have half of theirs, and results are taken to shrink as the inputs do.
    private static double StoredShare(OpCase declared, Precision precision) =>
        declared.Inputs.Sum(input => (double)input.Shape.Count * input.TypeAt(precision).Bytes()) / declared.Inputs.Sum(input => (double)input.Shape.Count * input.Type.Bytes());
}
