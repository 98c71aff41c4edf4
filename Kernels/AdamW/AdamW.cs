using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>AdamW over whole parameter groups: one kernel over the flat arrays of two groups at a time.</summary>
/// <remarks>
/// <para>With t counted from 1: m ← m + (1 − β₁)(g − m), v ← β₂·v + (1 − β₂)·g², p ← p − (rate·decay·p + rate/(1 − β₁ᵗ) · m/(√v/√(1 − β₂ᵗ) + ε)).
/// That is PyTorch's AdamW (decoupled decay, on all parameters): p·(1 − rate·decay) minus the step, but summed before the one subtraction, because
/// 1 − rate·decay rounds to a multiple of 6·10⁻⁸ in single precision while usual values of rate·decay are 5·10⁻⁸ to 5·10⁻⁷.</para>
/// <para>The numbers that change from update to update (rate, corrections) are computed here in double and lie in device memory for many updates ahead; the device itself goes on to the
/// next row. So <see cref="Apply"/> can be recorded once and replayed, and an update waits for nothing: the table is written again only when a rate changes or it is used up.</para>
/// <para>Memory-bound: reads p, g, m, v and writes p, m, v, 28 bytes a parameter. Deterministic; each element depends on its own numbers alone.
/// Source: Loshchilov and Hutter, arXiv:1711.05101, algorithm 2 with PyTorch's placement of ε.</para>
/// </remarks>
public sealed class AdamW : IOptimizer
{
    private readonly GroupState[] states;
    private readonly Launch[] launches;
    private readonly double weightDecay, beta1, beta2;
    private readonly float epsilon;
    private readonly float[] rows = new float[AdamWOp.TableRows * AdamWOp.Groups * AdamWOp.Scalars];
    private readonly Action apply;
    private bool isAdvanced;

    /// <summary>Makes the optimizer's state, all zeros, on the groups' device.</summary>
    /// <param name="groups">At least one group; all on one device.</param>
    /// <param name="weightDecay">Decoupled decay, not negative; acts on every parameter, biases and normalisation included.</param>
    /// <param name="beta1">Decay of the mean gradient, in [0, 1).</param>
    /// <param name="beta2">Decay of the mean squared gradient, in [0, 1).</param>
    /// <param name="epsilon">Added to the root of the mean square, positive.</param>
    /// <exception cref="ArgumentException">There is no group, or a number is out of range.</exception>
    public AdamW(IReadOnlyList<ParameterGroup> groups, double weightDecay = 5e-4, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8)
    {
        if (groups.Count == 0) throw new ArgumentException("AdamW needs at least one parameter group.", nameof(groups));
        ArgumentOutOfRangeException.ThrowIfNegative(weightDecay);
        ArgumentOutOfRangeException.ThrowIfNegative(beta1);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(beta1, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(beta2);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(beta2, 1);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(epsilon);
        (Groups, this.weightDecay, this.beta1, this.beta2, this.epsilon) = (groups, weightDecay, beta1, beta2, (float)epsilon);
        states = groups.Select(group => new GroupState(group)).ToArray();
        launches = states.Chunk(AdamWOp.Groups).Select(some => new Launch(some)).ToArray();
        apply = MarkApplied;
        // What convolutions keep for these groups is small, but within a step there may be no memory for it.
        if (groups[0].Values.Device is GpuDevice gpu)
            foreach (var group in groups) FilterCopies.On(gpu).Prepare(group);
    }

    /// <inheritdoc/>
    public IReadOnlyList<ParameterGroup> Groups { get; }

    /// <inheritdoc/>
    public long Steps { get; private set; }

    /// <inheritdoc/>
    /// <remarks>Until it is set, a group's rate is 1e-3.</remarks>
    public void SetRate(int group, double rate)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rate);
        if (states[group].Rate == rate) return;
        states[group].Rate = rate;
        launches[group / AdamWOp.Groups].RowsLeft = 0;
    }

    /// <inheritdoc/>
    public void Update()
    {
        Advance();
        Apply();
    }

    /// <summary>The host's part of an update: counts it and sees to it that the device has its numbers. Run it before <see cref="Apply"/>, and before each replay of a recorded one.</summary>
    /// <remarks>Copies to the device, and waits for that, only when a rate has changed or 256 updates have passed.</remarks>
    /// <exception cref="InvalidOperationException">The update before has not been applied: the device would use its numbers for this one.</exception>
    public void Advance()
    {
        if (isAdvanced) throw new InvalidOperationException("AdamW: Advance twice without Apply. Each Advance belongs to one Apply, or to one replay of it.");
        isAdvanced = true;
        Steps++;
        foreach (var launch in launches)
        {
            if (launch.RowsLeft == 0) Upload(launch);
            launch.RowsLeft--;
        }
    }

    /// <summary>The device's part of an update: kernels alone, on fixed addresses, so it can be recorded and replayed (<see cref="CapturedStep"/>).</summary>
    /// <exception cref="InvalidOperationException">No <see cref="Advance"/> came before it, or before a replay of it: the device has no numbers for this update.</exception>
    public void Apply()
    {
        states[0].Group.Values.Device.OnHost(apply);
        foreach (var launch in launches) AdamWOp.Update(launch.First, launch.Second, launch.Table, launch.Rows, beta1, beta2, epsilon);
    }

    private void MarkApplied()
    {
        if (!isAdvanced) throw new InvalidOperationException("AdamW: Apply without Advance. Each Apply, and each replay of a recorded one, needs an Advance before it.");
        isAdvanced = false;
    }

    /// <inheritdoc/>
    /// <remarks>For each group <c>NAME.exp_avg</c> (m) and <c>NAME.exp_avg_sq</c> (v), flat like <see cref="ParameterGroup.Values"/>.</remarks>
    public IEnumerable<NamedTensor> State()
    {
        foreach (var state in states)
        {
            yield return new NamedTensor($"{state.Group.Name}.exp_avg", state.Mean, null, IsParameter: false);
            yield return new NamedTensor($"{state.Group.Name}.exp_avg_sq", state.Square, null, IsParameter: false);
        }
    }

    /// <inheritdoc/>
    public void Resume(long steps)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(steps);
        Steps = steps;
        isAdvanced = false;
        foreach (var launch in launches) launch.RowsLeft = 0;
    }

    private void Upload(Launch launch)
    {
        for (var i = 0; i < AdamWOp.TableRows * AdamWOp.Groups; i++)
        {
            // A row is of one update: its numbers for both groups, or twice for the only one.
            var state = launch.States[Math.Min(i % AdamWOp.Groups, launch.States.Count - 1)];
            AdamWOp.Write(rows.AsSpan(i * AdamWOp.Scalars, AdamWOp.Scalars), Steps + i / AdamWOp.Groups, state.Rate, weightDecay, beta1, beta2);
        }
        launch.Rows.Device.FillBytes(launch.Rows, 0);
        launch.Table.CopyFrom<float>(rows);
        launch.RowsLeft = AdamWOp.TableRows;
    }

    private sealed class GroupState(ParameterGroup group)
    {
        public ParameterGroup Group { get; } = group;

        public double Rate { get; set; } = 1e-3;

        public Tensor Mean { get; } = group.Values.Device.NewKept(group.Values.Shape);

        public Tensor Square { get; } = group.Values.Device.NewKept(group.Values.Shape);

        public AdamWArrays Arrays => new(Group.Values, Group.Gradients, Mean, Square);
    }

    private sealed class Launch
    {
        public Launch(IReadOnlyList<GroupState> states)
        {
            (States, First, Second) = (states, states[0].Arrays, states.Count > 1 ? states[1].Arrays : null);
            var device = First.Parameter.Device;
            Table = device.NewKept(new Shape(AdamWOp.TableRows, AdamWOp.Groups, AdamWOp.Scalars));
            Rows = device.NewKept(new Shape(AdamWOp.Counts(First, Second)), DType.Int32);
        }

        public IReadOnlyList<GroupState> States { get; }

        public AdamWArrays First { get; }

        public AdamWArrays? Second { get; }

        public Tensor Table { get; }

        public Tensor Rows { get; }

        public int RowsLeft { get; set; }
    }
}
