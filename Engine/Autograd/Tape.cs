namespace LpcEngine.Engine;

/// <summary>The record of what a step computed, in order, for reverse-mode automatic differentiation.</summary>
/// <remarks>
/// Each operation that has an input which tracks gradients appends one node (<see cref="Record{T}(Tensor, Tensor, Tensor?, Tensor?, Tensor?)"/>); <see cref="Backward"/> walks the nodes from the last to
/// the first. The order of recording is a topological order, so no sorting is needed. In steady state nothing is allocated: node objects stay at
/// their position and are reused when the next step records the same operation there.
/// </remarks>
public sealed class Tape
{
    // Losses, logits and latents of a batch stay readable after a releasing backward pass: their memory is not worth the surprise.
    private const long SmallResultBytes = 64 << 10;

    private readonly Device device;
    private readonly List<TapeNode> nodes = new(256);
    private readonly Gradients gradients;
    private readonly List<int> pauses = new(8);
    private int count;
    private int lastPause;

    internal Tape(Device device)
    {
        this.device = device;
        gradients = new Gradients(device);
    }

    /// <summary>Number of operations recorded in the running step.</summary>
    public int Count => count;

    /// <summary>Whether operations are recorded at present.</summary>
    public bool IsRecording => pauses.Count == 0;

    /// <summary>Stops recording until the returned scope ends: for evaluation.</summary>
    /// <returns>A scope for <c>using</c>; scopes may be nested. Recording goes on when all have ended, each once.</returns>
    public PauseScope Pause()
    {
        pauses.Add(++lastPause);
        return new PauseScope(this, lastPause);
    }

    /// <summary>Records one operation, when a gradient will be wanted.</summary>
    /// <typeparam name="T">The operation's node class.</typeparam>
    /// <param name="output">The result; from now on it tracks gradients.</param>
    /// <param name="a">An input.</param>
    /// <param name="b">Another input, or null.</param>
    /// <param name="c">Another input, or null.</param>
    /// <param name="d">Another input, or null.</param>
    /// <returns>The node, into whose fields the operation puts what it saves; null when nothing needs to be recorded.</returns>
    public T? Record<T>(Tensor output, Tensor a, Tensor? b = null, Tensor? c = null, Tensor? d = null) where T : TapeNode, new()
    {
        var tracks = a.TracksGradient || b is { TracksGradient: true } || c is { TracksGradient: true } || d is { TracksGradient: true };
        if (!tracks || !IsRecording) return null;
        output.TracksGradient = true;
        if (count == nodes.Count) nodes.Add(new T());
        if (nodes[count] is not T node) nodes[count] = node = new T();
        node.Output = output;
        node.Parameter = Parameter(a) ?? Parameter(b) ?? Parameter(c) ?? Parameter(d);
        count++;
        return node;
    }

    private static Tensor? Parameter(Tensor? input) => input is { IsKept: true, TracksGradient: true } ? input : null;

    /// <summary>The first recorded result, in the order of recording, for which something holds: for finding where numbers went wrong.</summary>
    /// <param name="holds">Looks at a result; it may read its elements.</param>
    /// <returns>The operation that made it, until the step ends; null if there is none.</returns>
    public TapeNode? First(Func<Tensor, bool> holds)
    {
        for (var i = 0; i < count; i++)
            if (holds(nodes[i].Output)) return nodes[i];
        return null;
    }

    /// <summary>Computes the gradients of a recorded result with respect to everything that tracks gradients.</summary>
    /// <param name="y">A result of the running step: a scalar loss, or any tensor together with <paramref name="dY"/>.</param>
    /// <param name="dY">The gradient to start from, of <paramref name="y"/>'s shape and type; null means ones. It is only read.</param>
    /// <param name="releaseActivations">Give each intermediate result back as soon as its gradient has been used. Lowers the peak memory of a training step to that of its forward pass; afterwards
    /// results over 64 KiB can't be read, nor a second backward pass run.</param>
    /// <returns>The map of gradients, valid until the step ends or the next backward pass starts.</returns>
    /// <exception cref="InvalidOperationException">The result was not recorded.</exception>
    /// <exception cref="ArgumentException">dY is of another type than the result.</exception>
    public Gradients Backward(Tensor y, Tensor? dY = null, bool releaseActivations = false)
    {
        if (!y.TracksGradient) throw new InvalidOperationException($"Backward: {y} was not recorded. Does anything that it depends on track gradients?");
        if (dY is not null && dY.Shape != y.Shape) throw new ShapeException("Backward", $"dY is {dY.Shape} but the result is {y.Shape}; they must be equal.");
        if (dY is not null && dY.Type != y.Type) throw new ArgumentException($"Backward: dY is {dY} but the result is {y}; they must be of one type.");
        if (dY is null)
        {
            dY = device.New(y.Shape, y.Type);
            device.Fill(dY, 1f);
        }
        else dY.Share();
        gradients.Begin(y, dY);
        for (var i = count - 1; i >= 0; i--)
        {
            var node = nodes[i];
            if (gradients.Take(node.Output) is not { } gradient) continue;
            node.Backward(gradient, gradients);
            gradient.Release();
            // Everything that used this result came later on the tape, so it has been passed already.
            if (releaseActivations && node.Output.Bytes > SmallResultBytes) node.Output.Release();
        }
        gradients.End();
        return gradients;
    }

    internal void Clear()
    {
        gradients.Clear();
        count = 0;
    }

    /// <summary>Resumes recording when disposed.</summary>
    public readonly struct PauseScope : IDisposable
    {
        private readonly Tape? tape;
        private readonly int pause;

        internal PauseScope(Tape tape, int pause) => (this.tape, this.pause) = (tape, pause);

        /// <summary>Ends this pause, whichever others go on; a second call does nothing.</summary>
        public void Dispose() => tape?.pauses.Remove(pause);
    }
}
