namespace LpcEngine.Engine;

/// <summary>A place where tensors live and kernels run. It offers memory operations only; what the kernels compute is not its business.</summary>
/// <remarks>
/// One thread uses a device at a time. All work on a device happens in the order in which it was asked for. A step
/// (<see cref="Step"/>) bounds the life of everything created in it.
/// </remarks>
public abstract class Device : IDisposable
{
    private readonly List<Tensor> kept = [];
    private readonly StepArena arena;

    /// <summary>Sets up the arena and the tape.</summary>
    /// <param name="name">The device's name as given to <c>--device</c>.</param>
    protected Device(string name)
    {
        Name = name;
        arena = new StepArena(this);
        Tape = new Tape(this);
    }

    /// <summary>The name as given to <c>--device</c>: cpu, cuda:0, opencl:0, emulator.</summary>
    public string Name { get; }

    /// <summary>What the hardware calls itself, with the width of its vectors or the number of its processors.</summary>
    public abstract string Description { get; }

    /// <summary>Memory in bytes that the device says it has.</summary>
    public abstract long TotalMemoryBytes { get; }

    /// <summary>The record of operations for backward passes.</summary>
    public Tape Tape { get; }

    /// <summary>Fills each new step tensor with NaN, so that a kernel which leaves an element unwritten is found. For tests; costs a pass over memory.</summary>
    public bool PoisonNewTensors { get => arena.Poison; set => arena.Poison = value; }

    /// <summary>What is alive and how many bytes are held.</summary>
    public DeviceStatistics Statistics => new(kept.Count, arena.LiveTensors, arena.PooledTensors, keptBytes, arena.ReservedBytes, arena.PeakBytes);

    /// <summary>The parameters that have a fixed place for their gradient.</summary>
    internal List<Tensor> GroupedParameters { get; } = [];

    private long keptBytes;

    /// <summary>A tensor of the running step; its elements are undefined until a kernel writes them.</summary>
    /// <param name="shape">Its extents.</param>
    /// <param name="type">Its element type.</param>
    /// <returns>The tensor; it ends with the step.</returns>
    /// <exception cref="UserErrorException">The device has too little memory.</exception>
    public Tensor New(Shape shape, DType type = DType.Float32) => arena.Rent(shape, type);

    /// <summary>Gives a step tensor's memory back before the step ends: for what an operation needs only while it runs. Work asked for so far may still use it.</summary>
    /// <param name="scratch">A tensor of <see cref="New"/> that nothing else refers to; it can't be read afterwards.</param>
    public void GiveBack(Tensor scratch) => scratch.Release();

    /// <summary>A tensor that lives as long as the device (parameters, optimizer state, data sets), filled with zeros.</summary>
    /// <param name="shape">Its extents.</param>
    /// <param name="type">Its element type.</param>
    /// <returns>The tensor.</returns>
    /// <exception cref="UserErrorException">The device has too little memory.</exception>
    public Tensor NewKept(Shape shape, DType type = DType.Float32)
    {
        var tensor = new Tensor(this);
        var bytes = ((long)shape.Count * type.Bytes() + 255) / 256 * 256;
        tensor.Place(AllocateMemory(bytes), 0, shape, type, slab: -1);
        tensor.Keep();
        kept.Add(tensor);
        keptBytes += bytes;
        FillBytes(tensor, 0);
        return tensor;
    }

    /// <summary>A kept tensor with the given elements.</summary>
    /// <typeparam name="T">float, int or byte.</typeparam>
    /// <param name="shape">Its extents.</param>
    /// <param name="values">Its elements in row-major order.</param>
    /// <returns>The tensor.</returns>
    public Tensor NewKept<T>(Shape shape, ReadOnlySpan<T> values) where T : unmanaged
    {
        var type = typeof(T) == typeof(float) ? DType.Float32 : typeof(T) == typeof(int) ? DType.Int32 : DType.UInt8;
        var tensor = NewKept(shape, type);
        tensor.CopyFrom(values);
        return tensor;
    }

    /// <summary>Copies a step tensor so that it outlives the step.</summary>
    /// <param name="tensor">Any tensor of this device.</param>
    /// <returns>A kept copy.</returns>
    public Tensor Keep(Tensor tensor)
    {
        var copy = NewKept(tensor.Shape, tensor.Type);
        Copy(tensor, copy);
        return copy;
    }

    /// <summary>Gives a kept tensor's memory back before the device ends. Nobody has to; it serves programs that load one data set after another.</summary>
    /// <param name="tensor">A tensor from <see cref="NewKept(Shape, DType)"/> or <see cref="Keep"/>; unusable afterwards.</param>
    public void Free(Tensor tensor)
    {
        if (!kept.Remove(tensor)) return;
        Synchronize();
        keptBytes -= tensor.Memory.Bytes;
        tensor.Memory.Dispose();
        tensor.Bury();
    }

    /// <summary>Runs one step: what it creates ends with it, also when it throws.</summary>
    /// <param name="body">The step. Keep the delegate in a field: a new closure for each step would be garbage.</param>
    public void Step(Action body)
    {
        try { body(); }
        finally { EndStep(); }
    }

    /// <summary>Ends the running step: all its tensors go, the tape is empty.</summary>
    public void EndStep()
    {
        Tape.Clear();
        arena.Reset();
    }

    /// <summary>Waits until all work asked for so far is done.</summary>
    public virtual void Synchronize() { }

    /// <summary>Sets all elements of a float tensor.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="value">The value.</param>
    public abstract void Fill(Tensor tensor, float value);

    /// <summary>Copies between two tensors of this device that have equally many bytes.</summary>
    /// <param name="from">The source.</param>
    /// <param name="to">The destination.</param>
    public abstract void Copy(Tensor from, Tensor to);

    /// <summary>into += from, element by element, for float tensors of equal size: how gradients of a tensor used twice meet.</summary>
    /// <param name="into">Is changed.</param>
    /// <param name="from">Is added.</param>
    public abstract void Accumulate(Tensor into, Tensor from);

    /// <summary>Gives back all memory. Tensors of this device are unusable afterwards.</summary>
    public virtual void Dispose()
    {
        foreach (var tensor in kept)
        {
            if (tensor.IsAlive && !tensor.IsView) tensor.Memory.Dispose();
            tensor.Bury();
        }
        kept.Clear();
        arena.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Sets every byte of a tensor.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="value">The byte.</param>
    protected internal abstract void FillBytes(Tensor tensor, byte value);

    /// <summary>Obtains memory from the system.</summary>
    /// <param name="bytes">How much, a multiple of 256.</param>
    /// <returns>The memory; its content is undefined.</returns>
    /// <exception cref="UserErrorException">There is too little.</exception>
    protected internal abstract DeviceMemory AllocateMemory(long bytes);

    /// <summary>Reads a tensor's bytes into host memory and waits for them.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="destination">As many bytes.</param>
    protected internal abstract void CopyToHost(Tensor tensor, Span<byte> destination);

    /// <summary>Overwrites a tensor's bytes from host memory, which may be reused at once.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="source">As many bytes.</param>
    protected internal abstract void CopyFromHost(Tensor tensor, ReadOnlySpan<byte> source);

    /// <summary>A kept tensor over a part of another kept tensor.</summary>
    internal Tensor KeptView(Tensor of, long elementOffset, Shape shape)
    {
        var view = new Tensor(this);
        view.Place(of.Memory, of.ByteOffset + elementOffset * of.Type.Bytes(), shape, of.Type, slab: -1);
        view.Keep();
        view.IsView = true;
        return view;
    }

    /// <summary>Moves a kept tensor to a part of another one: its elements are copied, its own memory is given back.</summary>
    internal void Move(Tensor tensor, Tensor into, long elementOffset)
    {
        var (shape, type, tracks) = (tensor.Shape, tensor.Type, tensor.TracksGradient);
        Copy(tensor, KeptView(into, elementOffset, shape));
        Synchronize();
        kept.Remove(tensor);
        if (!tensor.IsView)
        {
            keptBytes -= tensor.Memory.Bytes;
            tensor.Memory.Dispose();
        }
        tensor.Place(into.Memory, into.ByteOffset + elementOffset * type.Bytes(), shape, type, slab: -1);
        tensor.Keep();
        tensor.IsView = true;
        tensor.TracksGradient = tracks;
    }

    /// <summary>Takes back what the running step has created since it had a given number of tensors: lets a benchmark run one backward pass again and again.</summary>
    internal void Rewind(int stepTensors) => arena.Rewind(stepTensors);

    internal Tensor View(Tensor of, Shape shape) => arena.View(of, shape);

    internal void Return(Tensor tensor) => arena.Return(tensor);
}
