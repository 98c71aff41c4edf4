namespace LpcEngine.Engine;

/// <summary>A place where tensors live and kernels run. It offers memory operations only; what the kernels compute is not its business.</summary>
/// <remarks>
/// One thread uses a device at a time. All work on a device happens in the order in which it was asked for. A step
/// (<see cref="Step"/>) bounds the life of everything created in it. A device that is never disposed keeps its memory and its threads until the
/// process ends: there is no finalizer, because tensors refer to their device from anywhere.
/// </remarks>
public abstract partial class Device : IDisposable
{
    private readonly List<Tensor> kept = [];
    private readonly List<Tensor> keptViews = [];
    private readonly StepArena arena;
    private bool disposed;

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

    /// <summary>The most bytes that tensors may take together; no bound unless set. For tests of what happens then, and for programs that share a device.</summary>
    public long MemoryLimitBytes { get; set; } = long.MaxValue;

    /// <summary>Bytes that could still be obtained for tensors, as far as is known.</summary>
    public long FreeMemoryBytes => Math.Max(0, Math.Min(MemoryLimitBytes - HeldBytes, FreeMemory()));

    /// <summary>The record of operations for backward passes.</summary>
    public Tape Tape { get; }

    /// <summary>Fills each new step tensor with NaN, so that a kernel which leaves an element unwritten is found. For tests; costs a pass over memory.</summary>
    public bool PoisonNewTensors { get => arena.Poison; set => arena.Poison = value; }

    /// <summary>What convolutions compute in, and with <see cref="Precision.Bf16"/> what activations are stored in. Fp32 unless set; best set before the first step, since it
    /// changes what the operations recorded from then on do.</summary>
    /// <remarks>Linear layers and losses are fp32 whatever it is; a matrix product is told its precision by the call. The cpu computes in fp32 alone. On cuda the others run on tensor cores. opencl and
    /// the emulator run portable twins of the tensor cores' instructions: the same results, slowly, for tests.</remarks>
    /// <exception cref="KernelMissingException">The device has no kernels for it; the precision stays as it was.</exception>
    public Precision Precision
    {
        get => precision;
        set => precision = Computes(value) ? value : throw new KernelMissingException("Device.Precision", Name, value);
    }

    private Precision precision;

    /// <summary>Whether convolutions and matrix products can compute in a precision here.</summary>
    /// <param name="precision">The precision.</param>
    /// <returns>True where there are kernels for it.</returns>
    public virtual bool Computes(Precision precision) => precision == Precision.Fp32;

    /// <summary>What is alive and how many bytes are held.</summary>
    public DeviceStatistics Statistics => new(kept.Count, arena.LiveTensors, arena.PooledTensors, keptBytes, arena.ReservedBytes, arena.PeakBytes);

    /// <summary>Kernels that an ILGPU device was asked to run so far; 0 on the cpu.</summary>
    public virtual long Launches => 0;

    /// <summary>How often a caller had to wait for an ILGPU device so far; 0 on the cpu, whose work is done when a call returns.</summary>
    internal long Waits { get; private protected set; }

    /// <summary>What an ILGPU device has compiled so far and what of it came from the disk, with the time it took; nothing on the cpu.</summary>
    public virtual KernelStatistics KernelStatistics => default;

    /// <summary>Whether captured steps (<see cref="CapturedStep"/>) are recorded and replayed, as they are unless this says no. For comparing: their code gives the same bits.</summary>
    public bool ReplaysSteps { get; set; } = true;

    /// <summary>Where the time of work is added up; null (the default) measures nothing.</summary>
    public virtual JobTimes? Times { get; set; }

    /// <summary>Changes whenever memory that a recorded step may use has gone.</summary>
    internal int MemoryVersion { get; private set; }

    /// <summary>Differs from step to step, also between a step and what comes before it, and after <see cref="Rewind"/>: for what is derived once a step.</summary>
    internal long StepVersion { get; private set; }

    /// <summary>The parameters that have a fixed place for their gradient.</summary>
    internal List<Tensor> GroupedParameters { get; } = [];

    /// <summary>Those that hold host memory.</summary>
    internal HashSet<Readback> Readbacks { get; } = [];

    private long keptBytes;

    /// <summary>A tensor of the running step; its elements are undefined until a kernel writes them.</summary>
    /// <param name="shape">Its extents.</param>
    /// <param name="type">Its element type.</param>
    /// <returns>The tensor; it ends with the step.</returns>
    /// <exception cref="TooLittleMemoryException">The device has too little memory.</exception>
    /// <exception cref="ObjectDisposedException">The device has ended.</exception>
    public Tensor New(Shape shape, DType type = DType.Float32) => arena.Rent(shape, type);

    /// <summary>Gives a step tensor's memory back before the step ends: for what an operation needs only while it runs. Work asked for so far may still use it.</summary>
    /// <param name="scratch">A tensor of <see cref="New"/> that nothing else refers to; it can't be read afterwards.</param>
    public void GiveBack(Tensor scratch) => scratch.Release();

    /// <summary>A tensor that lives as long as the device (parameters, optimizer state, data sets), filled with zeros.</summary>
    /// <param name="shape">Its extents.</param>
    /// <param name="type">Its element type.</param>
    /// <returns>The tensor.</returns>
    /// <exception cref="TooLittleMemoryException">The device has too little memory.</exception>
    /// <exception cref="ObjectDisposedException">The device has ended.</exception>
    public Tensor NewKept(Shape shape, DType type = DType.Float32)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        var tensor = new Tensor(this);
        var bytes = Tiling.RoundUp((long)shape.Count * type.Bytes(), 256);
        tensor.Place(Obtain(bytes), 0, shape, type, slab: -1);
        tensor.Keep();
        kept.Add(tensor);
        keptBytes += bytes;
        FillBytes(tensor, 0);
        return tensor;
    }

    /// <summary>A tensor without memory: it has a shape and can be counted, but using its elements throws. For the size of a model before it is made.</summary>
    /// <param name="shape">Its extents.</param>
    /// <param name="type">Its element type.</param>
    /// <returns>The tensor; it is not alive.</returns>
    public Tensor Plan(Shape shape, DType type = DType.Float32)
    {
        var tensor = new Tensor(this);
        tensor.Plan(shape, type);
        return tensor;
    }

    /// <summary>A kept tensor with the given elements.</summary>
    /// <typeparam name="T">float, int or byte, or ushort for the bits of a bf16 tensor.</typeparam>
    /// <param name="shape">Its extents.</param>
    /// <param name="values">Its elements in row-major order.</param>
    /// <returns>The tensor.</returns>
    public Tensor NewKept<T>(Shape shape, ReadOnlySpan<T> values) where T : unmanaged
    {
        var tensor = NewKept(shape, DTypes.Of<T>());
        tensor.CopyFrom(values);
        return tensor;
    }

    /// <summary>A way to read a tensor's elements without waiting for them.</summary>
    /// <param name="tensor">A kept tensor of this device, of at most 2³¹ − 1 bytes.</param>
    /// <returns>The readback; nothing has been asked of it yet.</returns>
    /// <exception cref="ArgumentException">The tensor is another device's, or ends with its step, before it could be read; or it is larger.</exception>
    public Readback NewReadback(Tensor tensor)
    {
        if (tensor.Bytes > int.MaxValue) throw new ArgumentException($"NewReadback: {tensor} has {tensor.Bytes} bytes, more than a span of the host's can hold.", nameof(tensor));
        if (tensor.Device != this || !tensor.IsKept || !tensor.IsAlive) throw new ArgumentException($"NewReadback: {tensor} must be a kept tensor of device '{Name}' (NewKept, Keep).", nameof(tensor));
        var readback = MakeReadback(tensor);
        Readbacks.Add(readback);
        return readback;
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
    /// <param name="tensor">A tensor from <see cref="NewKept(Shape, DType)"/> or <see cref="Keep"/>, or a <see cref="ParameterGroup"/>'s Values or Gradients; unusable afterwards,
    /// as is everything that lies in it: views, the parameters of the group, the fixed places of their gradients.</param>
    /// <exception cref="ArgumentException">The tensor does not own its memory: it belongs to a step, lies in a parameter group, was freed before, or is another device's.</exception>
    public void Free(Tensor tensor)
    {
        if (!kept.Contains(tensor))
        {
            throw new ArgumentException($"Free: {tensor} does not own its memory. " + (tensor switch
            {
                { IsAlive: false } => "It was freed before, or its step has ended.",
                { IsKept: true } => "A parameter of a group goes with the group's Values.",
                _ => "A tensor of a step goes with the step.",
            }), nameof(tensor));
        }
        Synchronize();
        MemoryVersion++;
        kept.Remove(tensor);
        var memory = tensor.Memory;
        BuryViews(memory);
        keptBytes -= memory.Bytes;
        tensor.Bury();
        memory.Dispose();
    }

    private void BuryViews(DeviceMemory memory)
    {
        arena.BuryViews(memory);
        foreach (var view in keptViews)
            if (view.Shows(memory)) view.Bury();
        keptViews.RemoveAll(view => !view.IsAlive);
        foreach (var parameter in GroupedParameters)
            if (parameter.GradientSlot is { IsAlive: false }) parameter.GradientSlot = null;
        GroupedParameters.RemoveAll(parameter => !parameter.IsAlive || parameter.GradientSlot is null);
    }

    /// <summary>Waits until all work asked for so far is done.</summary>
    public virtual void Synchronize() { }

    /// <summary>Sets all elements of a tensor of floats or bf16.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="value">The value; in a bf16 tensor it is rounded.</param>
    /// <exception cref="KernelMissingException">A bf16 tensor on the cpu.</exception>
    public abstract void Fill(Tensor tensor, float value);

    /// <summary>Copies the bytes between two tensors of this device that have equally many; values aren't converted.</summary>
    /// <param name="from">The source.</param>
    /// <param name="to">The destination.</param>
    public abstract void Copy(Tensor from, Tensor to);

    /// <summary>into += from, element by element, for tensors of equal size, both of floats or both of bf16: how gradients of a tensor used twice meet.</summary>
    /// <param name="into">Is changed. A bf16 sum is made in single precision and rounded once.</param>
    /// <param name="from">Is added.</param>
    /// <exception cref="ArgumentException">Size or type differ.</exception>
    /// <exception cref="KernelMissingException">bf16 tensors on the cpu.</exception>
    public abstract void Accumulate(Tensor into, Tensor from);

    /// <summary>Gives back all memory. Tensors of this device, parameters and those of a running step included, are unusable afterwards: using one throws.</summary>
    public void Dispose()
    {
        if (disposed) return;
        disposed = true;
        Quiesce();
        Tape.Clear();
        foreach (var readback in Readbacks.ToArray()) readback.Dispose();
        foreach (var view in keptViews) view.Bury();
        foreach (var tensor in kept)
        {
            tensor.Memory.Dispose();
            tensor.Bury();
        }
        keptViews.Clear();
        kept.Clear();
        GroupedParameters.Clear();
        keptBytes = 0;
        arena.Dispose();
        Close();
    }

    /// <summary>Waits for the work under way before memory is given back; unlike <see cref="Synchronize"/> it does not throw when the device has failed.</summary>
    protected virtual void Quiesce() { }

    /// <summary>Gives back what the device itself holds, threads or a driver's context; called once, after all tensors' memory has been given back.</summary>
    protected abstract void Close();

    /// <summary>Sets every byte of a tensor.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="value">The byte.</param>
    protected internal abstract void FillBytes(Tensor tensor, byte value);

    /// <summary>Obtains memory from the system.</summary>
    /// <param name="bytes">How much, a multiple of 256.</param>
    /// <returns>The memory; its content is undefined.</returns>
    /// <exception cref="TooLittleMemoryException">There is too little.</exception>
    protected internal abstract DeviceMemory AllocateMemory(long bytes);

    /// <summary>Bytes that the system would still give, as far as is known.</summary>
    /// <returns>Their number; it may be negative where more was promised than is there.</returns>
    protected virtual long FreeMemory() => TotalMemoryBytes - HeldBytes;

    /// <summary>The error for a device with too little memory.</summary>
    /// <param name="bytes">What was asked for.</param>
    /// <param name="total">What there is in all.</param>
    /// <param name="cause">What was caught, if something was.</param>
    /// <returns>The exception to throw.</returns>
    protected TooLittleMemoryException TooLittle(long bytes, long total, Exception? cause = null) =>
        new($"Device '{Name}' has too little memory: {(bytes + (1 << 20) - 1) >> 20:N0} MiB more are needed, of {total >> 20:N0} MiB in all. Use a smaller --batch or --width.", cause);

    /// <summary>Obtains memory for tensors, within the limit.</summary>
    internal DeviceMemory Obtain(long bytes) => bytes <= MemoryLimitBytes - HeldBytes ? AllocateMemory(bytes) : throw TooLittle(bytes, MemoryLimitBytes);

    private long HeldBytes => keptBytes + arena.ReservedBytes;

    /// <summary>Reads a tensor's bytes into host memory and waits for them.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="destination">As many bytes, which stay where they are meanwhile. A pointer: a span of bytes ends at 2 GiB.</param>
    protected internal abstract unsafe void CopyToHost(Tensor tensor, byte* destination);

    /// <inheritdoc cref="NewReadback"/>
    private protected abstract Readback MakeReadback(Tensor tensor);

    /// <summary>Overwrites a tensor's bytes from host memory, which may be reused at once.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="source">As many bytes, which stay where they are meanwhile.</param>
    protected internal abstract unsafe void CopyFromHost(Tensor tensor, byte* source);

    /// <summary>A kept tensor over a part of another kept tensor.</summary>
    internal Tensor KeptView(Tensor of, long elementOffset, Shape shape)
    {
        var view = new Tensor(this);
        view.Place(of.Memory, of.ByteOffset + elementOffset * of.Type.Bytes(), shape, of.Type, slab: -1);
        view.Keep();
        keptViews.Add(view);
        return view;
    }

    /// <summary>Moves a kept tensor to a part of another one: its elements are copied, its own memory is given back.</summary>
    internal void Move(Tensor tensor, Tensor into, long elementOffset)
    {
        var (shape, type, tracks) = (tensor.Shape, tensor.Type, tensor.TracksGradient);
        var place = KeptView(into, elementOffset, shape);
        Copy(tensor, place);
        Synchronize();
        MemoryVersion++;
        kept.Remove(tensor);
        keptBytes -= tensor.Memory.Bytes;
        arena.BuryViews(tensor.Memory);
        tensor.Memory.Dispose();
        tensor.Place(place.Memory, place.ByteOffset, shape, type, slab: -1);
        tensor.Keep();
        tensor.TracksGradient = tracks;
        keptViews[^1] = tensor;
        place.Bury();
    }

    /// <summary>Whether a tensor is kept and owns its memory.</summary>
    internal bool Owns(Tensor tensor) => kept.Contains(tensor);

    internal Tensor View(Tensor of, Shape shape) => arena.View(of, shape);

    /// <summary>A part of a step tensor as a tensor. It does not keep the elements.</summary>
    /// <param name="of">The tensor.</param>
    /// <param name="elementOffset">Where the part begins: at a multiple of 256 bytes.</param>
    /// <param name="shape">The part's shape.</param>
    internal Tensor Part(Tensor of, int elementOffset, Shape shape) => arena.View(of, shape, elementOffset * (long)of.Type.Bytes());

    internal void Return(Tensor tensor) => arena.Return(tensor);
}
