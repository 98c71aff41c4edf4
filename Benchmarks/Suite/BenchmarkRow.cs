using System.Globalization;
using LpcEngine.Engine;
using LpcEngine.Kernels;

namespace LpcEngine.Benchmarks.Suite;

/// <summary>One row of the operations' benchmarks: a declared case in one direction.</summary>
/// <param name="Spec">The operation.</param>
/// <param name="Case">The case.</param>
/// <param name="Backward">The backward pass, rather than the forward pass.</param>
/// <param name="Index">Its place in the table.</param>
internal sealed record BenchmarkRow(OpSpec Spec, OpCase Case, bool Backward, int Index) : IComparable
{
    /// <summary>The operation's name in Pascal case, as its method is called.</summary>
    public string Operation { get; } = string.Concat(Spec.Name.Split('-').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));

    public string Direction => Backward ? "backward" : "forward";

    public double Flops => Backward ? Case.BackwardFlops : Case.Flops;

    public double Bytes => Backward ? Case.BackwardBytes : Case.Bytes;

    /// <summary>What filters are compared with: each name alone, and with what follows it.</summary>
    public IEnumerable<string> FilterNames
    {
        get
        {
            foreach (var name in (string[])[Operation, Spec.Name])
            {
                yield return name;
                yield return $"{name}.{Direction}";
                yield return $"{name}.{Direction} {Case.Label}";
            }
        }
    }

    /// <summary>Arithmetic rate in 10⁹ operations per second.</summary>
    public double Gflops(double nanoseconds) => Flops / nanoseconds;

    /// <summary>Traffic in 10⁹ bytes per second, counting only what must be moved.</summary>
    public double Bandwidth(double nanoseconds) => Bytes / nanoseconds;

    /// <summary>Percent of what limits the operation.</summary>
    public double Percent(double nanoseconds, DeviceCeilings ceilings) =>
        100 * (Spec.Bound == Bound.Compute ? Gflops(nanoseconds) / ceilings.Gflops : Bandwidth(nanoseconds) / ceilings.Bandwidth);

    /// <summary>Whether one pass would take a device more than a second even at its peak: some products are there for large GPUs alone.</summary>
    /// <param name="ceilings">The device's.</param>
    /// <param name="precision">What it would compute in.</param>
    public bool IsTooMuchFor(DeviceCeilings ceilings, Precision precision) => Flops > 1e9 * LongestPass * ceilings.GflopsAt(precision);

    private const double LongestPass = 1;

    /// <summary>The order of declaration; BenchmarkDotNet would sort by text.</summary>
    public int CompareTo(object? other) => Index.CompareTo(((BenchmarkRow)other!).Index);

    /// <summary>The text in BenchmarkDotNet's column.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Operation}.{Direction} {Case.Label}");

    /// <summary>All rows: each operation's cases for benchmarks, forward and, where there's a derivative, backward.</summary>
    public static BenchmarkRow[] All() => [.. Operations.All.SelectMany(spec => spec.Benchmarks().SelectMany(declared => Of(spec, declared))).Select((row, index) => row with { Index = index })];

    /// <summary>The rows of one case: forward and, where there's a derivative to time, backward.</summary>
    public static IEnumerable<BenchmarkRow> Of(OpSpec spec, OpCase declared)
    {
        yield return new(spec, declared, Backward: false, Index: 0);
        // A sum passes its gradient on without touching memory: there is nothing to time.
        if (declared.Backward is not null && declared.BackwardBytes + declared.BackwardFlops > 0) yield return new(spec, declared, Backward: true, Index: 0);
    }
}
