namespace LpcEngine.Engine;

/// <summary>While it lasts, a module's parameters are constants: operations record nothing for them, backward passes skip their gradients.</summary>
/// <remarks>
/// For gradients with respect to inputs. In most networks the gradients of weights are half of a backward pass. Frozen parameters of a
/// <see cref="ParameterGroup"/> have the derivative 0: the first backward pass writes it to their fixed places (see <see cref="Gradients"/>).
/// </remarks>
public sealed class FrozenScope : IDisposable
{
    private readonly List<Tensor> frozen = [];

    internal FrozenScope(Module module)
    {
        foreach (var (_, tensor, _, _) in module.Parameters())
        {
            if (!tensor.TracksGradient) continue; // frozen already: whoever did that ends it
            tensor.TracksGradient = false;
            frozen.Add(tensor);
        }
    }

    /// <summary>Lets the parameters that this scope froze track gradients again; a second call does nothing.</summary>
    public void Dispose()
    {
        foreach (var tensor in frozen) tensor.TracksGradient = true;
        frozen.Clear();
    }
}
