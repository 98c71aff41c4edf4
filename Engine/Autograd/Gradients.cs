namespace LpcEngine.Engine;

/// <summary>The result of a backward pass: a map from tensors to ∂loss/∂tensor.</summary>
/// <remarks>
/// Holds parameters and every other tensor that tracks gradients and has no operation of its own on the tape (inputs of interest). Gradients of intermediate
/// results are given back as soon as they have been used. The map is valid until the step ends. Contributions to the same tensor are added in
/// reverse order of recording, always the same. A parameter of a <see cref="ParameterGroup"/> finds its gradient in the group's flat array as well; where
/// the loss does not depend on it, that place holds zeros after the pass, because that is the derivative and what the optimizer will read.
/// </remarks>
public sealed class Gradients
{
    private readonly Device device;
    private readonly Dictionary<Tensor, Tensor> map = new(256);
    private long pass;

    internal Gradients(Device device) => this.device = device;

    /// <summary>The gradient of a tensor.</summary>
    /// <param name="tensor">A parameter or an input that tracks gradients.</param>
    /// <returns>∂loss/∂tensor, with the tensor's shape and type.</returns>
    /// <exception cref="KeyNotFoundException">The loss does not depend on the tensor, or the tensor does not track gradients.</exception>
    public Tensor this[Tensor tensor] => map.TryGetValue(tensor, out var gradient)
        ? gradient
        : throw new KeyNotFoundException($"No gradient for {tensor}: the loss does not depend on it, or its TracksGradient is false.");

    /// <summary>Whether there is a gradient.</summary>
    /// <param name="tensor">Any tensor.</param>
    /// <param name="gradient">The gradient, when there is one.</param>
    /// <returns>True when there is one.</returns>
    public bool TryGet(Tensor tensor, out Tensor? gradient) => map.TryGetValue(tensor, out gradient);

    /// <summary>Whether an operation should compute the gradient of this input.</summary>
    /// <param name="input">An input of the operation, or null for one that is absent.</param>
    /// <returns>True when the tensor tracks gradients.</returns>
    public bool Wants([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] Tensor? input) => input is { TracksGradient: true };

    /// <summary>Where an operation writes its contribution to an input's gradient. Every element must be written.</summary>
    /// <param name="input">The input.</param>
    /// <returns>An uninitialised tensor of the input's shape and type: the parameter's fixed place for the first contribution, else one of the step.</returns>
    public Tensor Allocate(Tensor input)
    {
        // The place is lent once a pass: an operation that uses a parameter twice may ask for both contributions before it adds the first.
        if (input.GradientSlot is not { } slot || input.GradientPass == pass) return device.New(input.Shape, input.Type);
        input.GradientPass = pass;
        return slot;
    }

    /// <summary>Like <see cref="Allocate"/>, but dY itself where nobody else needs it: memory that was just read is cheaper to write than any other.</summary>
    /// <param name="input">The input.</param>
    /// <param name="dY">The gradient that <see cref="TapeNode.Backward"/> received. An operation that writes each element only after its last reading of it need not care
    /// whether it got this one.</param>
    /// <returns>A tensor of the input's shape and type: dY the first time, if it has those and no other holder.</returns>
    public Tensor AllocateOver(Tensor input, Tensor dY)
    {
        if (input.GradientSlot is not null || dY.Shape != input.Shape || dY.Type != input.Type || !dY.IsExclusive) return Allocate(input);
        dY.Share(); // the caller of Backward gives it back once more
        return dY;
    }

    /// <summary>What has been added to an input's gradient so far, for an operation that adds its own contribution in place instead of through <see cref="Add"/>.</summary>
    /// <param name="input">The input.</param>
    /// <param name="sum">The running sum.</param>
    /// <returns>False when there is none yet, or when it has another holder.</returns>
    public bool TryGetSum(Tensor input, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Tensor? sum) => map.TryGetValue(input, out sum) && sum.IsExclusive;

    /// <summary>Adds a contribution to an input's gradient and takes the contribution over.</summary>
    /// <param name="input">The input.</param>
    /// <param name="contribution">A tensor from <see cref="Allocate"/>, completely written.</param>
    /// <exception cref="ArgumentException">It is of another type than the input.</exception>
    public void Add(Tensor input, Tensor contribution)
    {
        Check(input, contribution);
        if (!map.TryGetValue(input, out var sum))
        {
            map[input] = contribution;
            return;
        }
        // The sum belongs in the parameter's place, even if that was not the first contribution to arrive.
        if (contribution == input.GradientSlot) (map[input], sum, contribution) = (contribution, contribution, sum);
        if (!sum.IsExclusive)
        {
            var copy = device.New(input.Shape, input.Type);
            device.Copy(sum, copy);
            sum.Release();
            map[input] = sum = copy;
        }
        device.Accumulate(sum, contribution);
        contribution.Release();
    }

    /// <summary>Passes the output's gradient on to an input unchanged, without a copy (the derivative of a sum, and of a view under another shape).</summary>
    /// <param name="input">The input; it has as many elements as the output.</param>
    /// <param name="dY">The gradient that <see cref="TapeNode.Backward"/> received; of the input's type.</param>
    /// <exception cref="ArgumentException">The types differ.</exception>
    public void AddShared(Tensor input, Tensor dY)
    {
        Check(input, dY);
        if (input.GradientSlot is not null)
        {
            var slot = Allocate(input);
            device.Copy(dY, slot);
            Add(input, slot);
            return;
        }
        if (dY.Shape == input.Shape)
        {
            dY.Share();
            Add(input, dY);
            return;
        }
        var view = device.View(dY, input.Shape);
        view.Hold(dY);
        Add(input, view);
    }

    /// <summary>Starts a pass from one result's gradient.</summary>
    internal void Begin(Tensor output, Tensor dY)
    {
        map.Clear();
        pass++;
        map[output] = dY;
    }

    /// <summary>Ends a pass: the places of parameters that it did not reach, but an earlier one wrote, become zero.</summary>
    internal void End()
    {
        foreach (var parameter in device.GroupedParameters)
        {
            if (parameter.GradientPass == pass || parameter.GradientPass == Tensor.GradientIsZero) continue;
            device.Fill(parameter.GradientSlot!, 0f);
            parameter.GradientPass = Tensor.GradientIsZero;
        }
    }

    /// <summary>Removes an intermediate result's gradient from the map; the caller releases it after use.</summary>
    internal Tensor? Take(Tensor output) => map.Remove(output, out var dY) ? dY : null;

    internal void Clear() => map.Clear();

    private static void Check(Tensor input, Tensor gradient)
    {
        if (gradient.Type != input.Type) throw new ArgumentException($"The gradient of {input} was {gradient}; a gradient has its tensor's type.");
    }
}
