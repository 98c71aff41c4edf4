using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>What limits an operation's speed.</summary>
public enum Bound
{
    /// <summary>Arithmetic: compared with the device's peak rate of multiply-adds.</summary>
    Compute,

    /// <summary>Traffic: compared with the device's memory bandwidth.</summary>
    Memory,
}

/// <summary>
/// One operation's declaration, from which its gradient check, its agreement checks, its benchmarks and its row of the support table
/// follow.
/// </summary>
/// <param name="Name">The operation's name, as in <c>devices --ops</c>: lower case, words joined by hyphens.</param>
/// <param name="Formula">The mathematics in one line.</param>
/// <param name="Bound">What limits its speed.</param>
public sealed record OpSpec(string Name, string Formula, Bound Bound)
{
    /// <summary>Small cases for the checks: odd sizes, edges, every attribute that changes the code path.</summary>
    public required IReadOnlyList<OpCase> Cases { get; init; }

    /// <summary>Cases that only a GPU's large tiles take, for checks on a GPU that is fast enough for them. Made on demand.</summary>
    public Func<IEnumerable<OpCase>> LargeCases { get; init; } = static () => [];

    /// <summary>Cases at the sizes of ResNet-18 and ResNet-50, for the benchmarks. Made on demand: their inputs are large.</summary>
    public Func<IEnumerable<OpCase>> Benchmarks { get; init; } = static () => [];

    /// <summary>Whether it hands its input on as it is at fp32, the precision that benchmarks run at: then there is nothing to time, and no case for them.</summary>
    public bool IsIdleAtFp32 { get; init; }

    /// <summary>Largest relative error ‖a − b‖/‖b‖ against the double-precision reference, in fp32, forward and backward.</summary>
    public double Tolerance { get; init; } = 1e-5;

    /// <summary>
    /// Likewise in tf32, whose operands have 11 bits of mantissa with the implied one: each is off by up to 2⁻¹¹ = 5·10⁻⁴ of itself, and the errors of a sum's terms don't add up in
    /// one direction.
    /// </summary>
    public double Tf32Tolerance { get; init; } = 1e-3;

    /// <summary>
    /// Likewise in bf16, against the reference of the rounded inputs. A result that is computed in floats and rounded once is off by up to 2⁻⁸ = 3.9·10⁻³ of itself where it lies just above
    /// a power of two, by 1.6·10⁻³ in the quadratic mean; two roundings, as where an intermediate result is stored, come to 2.3·10⁻³.
    /// </summary>
    public double Bf16Tolerance { get; init; } = 4e-3;

    /// <summary>
    /// Likewise in bf16, of results and gradients that are floats all the same: <see cref="Tolerance"/> for an operation that makes them in single precision of what it was given, without a
    /// rounding in between. <see cref="Bf16Tolerance"/> if not stated.
    /// </summary>
    public double? Bf16FloatTolerance { get; init; }

    /// <summary>The tolerance at a precision.</summary>
    /// <param name="precision">The precision.</param>
    /// <param name="stored">How the result or gradient is stored.</param>
    /// <returns>Largest relative error.</returns>
    public double ToleranceAt(Precision precision, DType stored) => precision switch
    {
        Precision.Fp32 => Tolerance,
        Precision.Tf32 => Tf32Tolerance,
        _ => stored == DType.BFloat16 ? Bf16Tolerance : Bf16FloatTolerance ?? Bf16Tolerance,
    };

    /// <summary>The precisions for which there are kernels, by kind of device (cpu, cuda, opencl, emulator).</summary>
    /// <param name="device">The kind of device.</param>
    /// <returns>Fp32 everywhere, unless an operation says more.</returns>
    public IReadOnlyList<Precision> Precisions(string device) =>
        MorePrecisions(device) is { Count: > 0 } more ? [Precision.Fp32, .. more] : [Precision.Fp32];

    /// <summary>Precisions beyond fp32, by kind of device.</summary>
    public Func<string, IReadOnlyList<Precision>> MorePrecisions { get; init; } = static _ => [];

    /// <summary>For <see cref="MorePrecisions"/> of operations whose kernels read and write bf16 as well: on every device but the cpu.</summary>
    /// <param name="device">The kind of device.</param>
    /// <returns>Bf16, or nothing.</returns>
    public static IReadOnlyList<Precision> Bf16OnGpus(string device) => device == "cpu" ? [] : [Precision.Bf16];
}

/// <summary>One way to call an operation: shapes, ranges and attributes, with the plain-loop reference in double.</summary>
/// <param name="Label">Shapes and attributes, for test and benchmark names.</param>
/// <param name="Inputs">The inputs in order.</param>
/// <param name="Run">Calls the public operation on tensors made from the inputs; returns its result, or null when it only changes
/// inputs.</param>
/// <param name="Forward">The reference: inputs in double, in the same order and layout, to the result. Changes entries whose input is <see
/// cref="OpInput.Changes"/>. Empty when there's no result.</param>
public sealed record OpCase(string Label, IReadOnlyList<OpInput> Inputs, Func<Tensor[], Tensor?> Run, Func<double[][], double[]> Forward)
{
    /// <summary>
    /// The reference's derivative: inputs (as before forward) and dY to one gradient per input, null where there's none. Null for an
    /// operation without gradients.
    /// </summary>
    public Func<double[][], double[], double[]?[]>? Backward { get; init; }

    /// <summary>Floating-point operations of the forward pass; a multiply-add counts 2.</summary>
    public double Flops { get; init; }

    /// <summary>Bytes that the forward pass must at least move.</summary>
    public double Bytes { get; init; }

    /// <summary>Floating-point operations of the backward pass.</summary>
    public double BackwardFlops { get; init; }

    /// <summary>Bytes that the backward pass must at least move.</summary>
    public double BackwardBytes { get; init; }

    /// <summary>Small enough for the emulator, which takes about 5 µs per work item and barrier.</summary>
    public bool Toy { get; init; } = true;

    /// <summary>
    /// Whether the inputs lie on kinks of the function, where central differences say nothing: then the stated derivative is checked on the
    /// devices only.
    /// </summary>
    public bool HasKinks { get; init; }

    /// <summary>Draws the elements of dY, where numbers of either sign around ¼ don't show what the case is for.</summary>
    public Func<Random, int, double>? DrawUpstream { get; init; }

    /// <summary>Step of the central differences. Smaller than the distance to the nearest kink of the function.</summary>
    public double Epsilon { get; init; } = 1e-5;
}

/// <summary>One input of a case and how its elements are drawn.</summary>
/// <param name="Shape">Its extents.</param>
/// <param name="Differentiable">Whether the operation has a gradient for it.</param>
public sealed record OpInput(Shape Shape, bool Differentiable = true)
{
    /// <summary>Element type on the device. The reference sees doubles in any case.</summary>
    public DType Type { get; init; } = DType.Float32;

    /// <summary>Whether it is an activation, which at precision bf16 is stored in 16 bits. Weights, statistics and what belongs to the loss stay floats.</summary>
    public bool IsActivation { get; init; }

    /// <summary>The element type on a device at a precision.</summary>
    /// <param name="precision">The precision.</param>
    /// <returns><see cref="Type"/>, or bf16.</returns>
    public DType TypeAt(Precision precision) => precision == Precision.Bf16 && IsActivation ? DType.BFloat16 : Type;

    /// <summary>Draws element i from a seeded source.</summary>
    public Func<Random, int, double> Draw { get; init; } = Normal(1);

    /// <summary>
    /// Step of its central differences where the case's <see cref="OpCase.Epsilon"/> (relative to the largest element) doesn't fit: when
    /// the elements vary less than they are large.
    /// </summary>
    public double? Step { get; init; }

    /// <summary>
    /// Whether the operation overwrites it (running statistics, parameters of an optimizer); then its new value is compared as well.
    /// </summary>
    public bool Changes { get; init; }

    /// <summary>Normally distributed elements.</summary>
    /// <param name="scale">Standard deviation.</param>
    /// <param name="mean">Mean.</param>
    /// <returns>A drawing function.</returns>
    public static Func<Random, int, double> Normal(double scale, double mean = 0) => (random, _) =>
        mean + scale * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    /// <summary>Uniformly distributed elements.</summary>
    /// <param name="low">Lower end.</param>
    /// <param name="high">Upper end.</param>
    /// <returns>A drawing function.</returns>
    public static Func<Random, int, double> Uniform(double low, double high) => (random, _) => low + (high - low) * random.NextDouble();

    /// <summary>Whole numbers, for labels, indices and bytes.</summary>
    /// <param name="below">One more than the largest.</param>
    /// <returns>A drawing function.</returns>
    public static Func<Random, int, double> Whole(int below) => (random, _) => random.Next(below);

    /// <summary>A fixed value.</summary>
    /// <param name="value">The value of every element.</param>
    /// <returns>A drawing function.</returns>
    public static Func<Random, int, double> Constant(double value) => (_, _) => value;

    /// <summary>
    /// Elements that differ from each other by at least a given distance, in random order: for maxima, whose derivative jumps at ties.
    /// </summary>
    /// <param name="count">Number of elements of the input.</param>
    /// <param name="distance">The distance.</param>
    /// <returns>A drawing function.</returns>
    public static Func<Random, int, double> Distinct(int count, double distance)
    {
        int[]? order = null;
        return (random, i) =>
        {
            if (i == 0) order = Enumerable.Range(0, count).OrderBy(_ => random.Next()).ToArray();
            return (order![i] - count / 2) * distance;
        };
    }
}
