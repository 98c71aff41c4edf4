using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>One AdamW update of one or two groups of parameters in one launch; see <see cref="AdamW"/> for the formula and the optimizer.</summary>
public static class AdamWOp
{
    /// <summary>Numbers that a kernel reads from device memory for one update of one group: rate·decay, rate/(1 − β₁ᵗ), 1/√(1 − β₂ᵗ).</summary>
    internal const int Scalars = 3;

    /// <summary>Groups of parameters that one launch can update.</summary>
    internal const int Groups = 2;

    /// <summary>Updates for which the numbers are uploaded at once.</summary>
    internal const int TableRows = 256;

    // Elements that share a count of the rows: those of a thread group.
    private const int PieceElements = 4 * Elements.GroupSize;

    /// <summary>Updates parameters and moments in place, and goes on to the table's next row, all on the device.</summary>
    /// <param name="first">A group of parameters.</param>
    /// <param name="second">Another one of the same device; null without.</param>
    /// <param name="table">[T, 2, 3]: for each of T updates and both groups rate·decay, rate/(1 − β₁ᵗ) and 1/√(1 − β₂ᵗ).</param>
    /// <param name="rows">As many counts as <see cref="Counts"/> says, <see cref="DType.Int32"/>, all equal: the table's row for this update, less than T; 1 is added to each.</param>
    /// <param name="beta1">Decay of m, in [0, 1).</param>
    /// <param name="beta2">Decay of v, in [0, 1).</param>
    /// <param name="epsilon">Added to the denominator, positive.</param>
    /// <remarks>
    /// Memory-bound: 28 bytes an element. Not recorded on the tape. Deterministic. Elements whose parameter, gradient and moments are 0
    /// stay 0.
    /// </remarks>
    /// <exception cref="ShapeException">A group's tensors differ in size, or the table or the counts have another shape.</exception>
    public static void Update(AdamWArrays first, AdamWArrays? second, Tensor table, Tensor rows, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8)
    {
        Check(first);
        if (second is { } other) Check(other);
        var counts = Counts(first, second);
        if (table.Shape.Rank != 3 || table.Shape[1] != Groups || table.Shape[2] != Scalars || rows.Shape.Count != counts)
            throw new ShapeException("AdamW", $"the table is {table.Shape} and there are {rows.Shape.Count} counts of its rows; they must be [T, {Groups}, {Scalars}] and {counts}.");
        var factors = new AdamWFactors((float)(1 - beta1), (float)beta2, (float)(1 - beta2), (float)epsilon);
        MarkChanged(first);
        if (second is { } changed) MarkChanged(changed);
        rows.MarkChanged();
        if (table.Device is CpuDevice cpu) AdamWCpu.Update(cpu, first, second, table, rows, factors);
        else AdamWGpu.On(table.Device).Update(first, second, table, rows, factors);
    }

    /// <summary>How many counts of the table's rows an update has: one for each 1024 elements of a group, since thread groups of a GPU have no safe way to share one.</summary>
    /// <param name="first">A group of parameters.</param>
    /// <param name="second">Another one; null without.</param>
    /// <returns>Their number.</returns>
    public static int Counts(AdamWArrays first, AdamWArrays? second) => Pieces(first) + (second is { } other ? Pieces(other) : 0);

    /// <summary>The counts of one group.</summary>
    internal static int Pieces(AdamWArrays arrays) => Tiling.Count(arrays.Parameter.Shape.Count, PieceElements);

    /// <summary>The numbers of update t, computed in double.</summary>
    internal static void Write(Span<float> row, long t, double rate, double decay, double beta1, double beta2)
    {
        row[0] = (float)(rate * decay);
        row[1] = (float)(rate / (1 - Math.Pow(beta1, t)));
        row[2] = (float)(1 / Math.Sqrt(1 - Math.Pow(beta2, t)));
    }

    private static void MarkChanged(AdamWArrays arrays)
    {
        arrays.Parameter.MarkChanged();
        arrays.M.MarkChanged();
        arrays.V.MarkChanged();
    }

    private static void Check(AdamWArrays arrays)
    {
        var count = arrays.Parameter.Shape.Count;
        if (arrays.Gradient.Shape.Count != count || arrays.M.Shape.Count != count || arrays.V.Shape.Count != count)
        {
            throw new ShapeException("AdamW",
                $"parameter {arrays.Parameter.Shape}, gradient {arrays.Gradient.Shape}, m {arrays.M.Shape} and v {arrays.V.Shape} must have equally many elements.");
        }
    }

    /// <summary>The declaration.</summary>
    public static OpSpec Spec { get; } = new("adamw", "m, v ← means of g, g²; p ← p − (rate·decay·p + rate·m̂/(√v̂ + ε))", Bound.Memory)
    {
        Cases = [Case([1], 1), Case([131], 1), Case([77], 10), Case([33, 5], 2000), Case([1030, 64], 3), Case([2048, 1023], 7), Case([40_003, 2_049], 5) with { Toy = false }],
        Benchmarks = () => [Case([11_173_962], 100), Case([23_520_842], 100)],
        Tolerance = 1e-6,
    };

    // A case's table has a row before and a row behind that of the update: of another rate, so that the wrong row shows.
    private static OpCase Case(int[] counts, int step)
    {
        const int Row = 1;
        var table = new float[3 * Groups * Scalars];
        for (var i = 0; i < 3 * Groups; i++) Write(table.AsSpan(i * Scalars, Scalars), step + i / Groups - Row + 1, rate: 1e-3 * (1 + i), decay: 5e-4, beta1: 0.9, beta2: 0.999);
        var pieces = counts.Sum(count => Tiling.Count(count, PieceElements));
        OpInput[] arrays = [.. counts.SelectMany(Arrays)];
        return new($"[{string.Join("] [", counts)}] update {step}",
        [
            .. arrays,
            new(new Shape(3, Groups, Scalars), Differentiable: false) { Draw = (_, i) => table[i] },
            new(new Shape(pieces), Differentiable: false) { Type = DType.Int32, Draw = OpInput.Constant(Row), Changes = true },
        ],
        x =>
        {
            Update(new(x[0], x[1], x[2], x[3]), counts.Length > 1 ? new(x[4], x[5], x[6], x[7]) : null, x[^2], x[^1]);
            return null;
        },
        x =>
        {
            for (var group = 0; group < counts.Length; group++)
            {
                var at = 4 * group;
                var scalars = x[^2].AsSpan(((int)x[^1][0] * Groups + group) * Scalars, Scalars);
                AdamWReference.Update(x[at], x[at + 1], x[at + 2], x[at + 3], scalars, 0.9, 0.999, 1e-8);
            }
            for (var i = 0; i < pieces; i++) x[^1][i]++;
            return [];
        })
        {
            Flops = 14.0 * counts.Sum(),
            Bytes = 28.0 * counts.Sum(),
        };
    }

    private static OpInput[] Arrays(int count)
    {
        var shape = new Shape(count);
        return
        [
            new(shape) { Changes = true },
            new(shape) { Draw = OpInput.Normal(0.1) },
            new(shape) { Draw = OpInput.Normal(0.1), Changes = true },
            new(shape) { Draw = OpInput.Uniform(0, 0.02), Changes = true },
        ];
    }
}
