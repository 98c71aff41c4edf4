using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>One AdamW update of a flat array of parameters; see <see cref="AdamW"/> for the formula and the optimizer.</summary>
public static class AdamWOp
{
    /// <summary>Numbers that a kernel reads from device memory for one update: rate·decay, rate/(1 − β₁ᵗ), 1/√(1 − β₂ᵗ).</summary>
    internal const int Scalars = 3;

    /// <summary>Updates for which the numbers are uploaded at once.</summary>
    internal const int TableRows = 256;

    /// <summary>Updates parameters and moments in place.</summary>
    /// <param name="parameter">The parameters; any shape; overwritten.</param>
    /// <param name="gradient">Their gradients, as many elements.</param>
    /// <param name="m">Running mean of the gradient; overwritten.</param>
    /// <param name="v">Running mean of the squared gradient; overwritten.</param>
    /// <param name="scalars">[3]: rate·decay, rate/(1 − β₁ᵗ) and 1/√(1 − β₂ᵗ), in device memory.</param>
    /// <param name="beta1">Decay of m, in [0, 1).</param>
    /// <param name="beta2">Decay of v, in [0, 1).</param>
    /// <param name="epsilon">Added to the denominator, positive.</param>
    /// <remarks>
    /// Memory-bound: 28 bytes an element. Not recorded on the tape. Deterministic. Elements whose parameter, gradient and moments are 0
    /// stay 0.
    /// </remarks>
    /// <exception cref="ShapeException">The tensors differ in size.</exception>
    public static void Update(Tensor parameter, Tensor gradient, Tensor m, Tensor v, Tensor scalars, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8)
    {
        var count = parameter.Shape.Count;
        if (gradient.Shape.Count != count || m.Shape.Count != count || v.Shape.Count != count || scalars.Shape.Count != Scalars)
        {
            throw new ShapeException("AdamW",
                $"parameter {parameter.Shape}, gradient {gradient.Shape}, m {m.Shape} and v {v.Shape} must have equally many elements and scalars {scalars.Shape} {Scalars}.");
        }
        var factors = new AdamWFactors((float)(1 - beta1), (float)beta2, (float)(1 - beta2), (float)epsilon);
        if (parameter.Device is CpuDevice cpu) AdamWCpu.Update(cpu, parameter, gradient, m, v, scalars, factors);
        else AdamWGpu.On(parameter.Device).Update(parameter, gradient, m, v, scalars, factors);
    }

    /// <summary>Copies the table's next row to its fixed place and moves on, all on the device.</summary>
    internal static void NextScalars(Tensor table, Tensor row, Tensor current)
    {
        if (table.Device is CpuDevice) AdamWCpu.NextScalars(table, row, current);
        else AdamWGpu.On(table.Device).NextScalars(table, row, current);
    }

    /// <summary>The numbers of update t, computed in double.</summary>
    internal static void Write(Span<float> row, long t, double rate, double decay, double beta1, double beta2)
    {
        row[0] = (float)(rate * decay);
        row[1] = (float)(rate / (1 - Math.Pow(beta1, t)));
        row[2] = (float)(1 / Math.Sqrt(1 - Math.Pow(beta2, t)));
    }

    /// <summary>The declaration.</summary>
    public static OpSpec Spec { get; } = new("adamw", "m, v ← means of g, g²; p ← p − (rate·decay·p + rate·m̂/(√v̂ + ε))", Bound.Memory)
    {
        Cases = [Case(1, 1), Case(131, 1), Case(77, 10), Case(33, 2000), Case(40_003, 5) with { Toy = false }],
        Benchmarks = () => [Case(11_173_962, 100), Case(23_520_842, 100)],
        Tolerance = 1e-6,
    };

    private static OpCase Case(int count, int step)
    {
        var scalars = new float[Scalars];
        Write(scalars, step, rate: 1e-3, decay: 5e-4, beta1: 0.9, beta2: 0.999);
        var shape = new Shape(count);
        return new($"[{count}] update {step}",
        [
            new(shape) { Changes = true },
            new(shape) { Draw = OpInput.Normal(0.1) },
            new(shape) { Draw = OpInput.Normal(0.1), Changes = true },
            new(shape) { Draw = OpInput.Uniform(0, 0.02), Changes = true },
            new(new Shape(Scalars)) { Draw = (_, i) => scalars[i] },
        ],
        x =>
        {
            Update(x[0], x[1], x[2], x[3], x[4]);
            return null;
        },
        x =>
        {
            AdamWReference.Update(x[0], x[1], x[2], x[3], x[4], 0.9, 0.999, 1e-8);
            return [];
        })
        {
            Flops = 14.0 * count,
            Bytes = 28.0 * count,
        };
    }
}
