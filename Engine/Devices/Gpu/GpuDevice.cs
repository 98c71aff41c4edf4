using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace LpcEngine.Engine;

/// <summary>A device driven through ILGPU: CUDA, OpenCL, or ILGPU's own emulator.</summary>
/// <remarks>
/// All copies and kernels go to one stream, so they happen in the order of the calls. Kernel classes keep their compiled launchers per device
/// through <see cref="Kernels{T}"/>.
/// </remarks>
public sealed class GpuDevice : Device
{
    private readonly Context context;
    private readonly Dictionary<Type, object> kernels = [];
    private readonly LaunchQueue launches = new();
    private readonly HashSet<StepRecording> recordings = [];
    private readonly KernelLoader loader;
    private long held;

    internal GpuDevice(string name, Context context, Accelerator accelerator) : base(name)
    {
        (this.context, Accelerator) = (context, accelerator);
        Stream = accelerator.CreateStream();
        loader = new KernelLoader(accelerator);
        if (accelerator is CudaAccelerator) NewGraph = recording => new CudaGraph(accelerator, (CudaStream)Stream, recording);
    }

    /// <summary>Makes one launch of a recording's many; null where there are no graphs, or the driver has refused one.</summary>
    internal Func<LaunchRecording, StepRecording>? NewGraph { get; set; }

    /// <summary>ILGPU's view of the device.</summary>
    public Accelerator Accelerator { get; }

    /// <summary>The stream on which everything runs. ILGPU's default stream is not ordered with it, so nothing else may be used.</summary>
    public AcceleratorStream Stream { get; }

    /// <inheritdoc/>
    public override string Description => $"{Accelerator.Name}, {Accelerator.NumMultiprocessors} multiprocessors";

    /// <inheritdoc/>
    /// <remarks>The emulator would report its address space; what it has is the machine's memory.</remarks>
    public override long TotalMemoryBytes => Accelerator.AcceleratorType == AcceleratorType.CPU ? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes : Accelerator.MemorySize;

    /// <summary>The one object of a kernel class on this device; made, and its kernels compiled, at the first call.</summary>
    /// <typeparam name="T">A class that holds the launchers of one operation.</typeparam>
    /// <param name="create">Makes it; a static lambda, so that later calls allocate nothing.</param>
    /// <returns>The object.</returns>
    /// <exception cref="KernelLoadException">The driver refused to compile or load them.</exception>
    public T Kernels<T>(Func<GpuDevice, T> create) where T : class =>
        kernels.TryGetValue(typeof(T), out var found) ? (T)found : Load(create);

    private T Load<T>(Func<GpuDevice, T> create) where T : class
    {
        using var log = new BuildLog();
        try
        {
            var made = create(this);
            kernels.Add(typeof(T), made);
            return made;
        }
        catch (AcceleratorException problem)
        {
            throw new KernelLoadException(Name, typeof(T).Name, log.Reason(problem), problem);
        }
    }

    /// <summary>A float tensor's elements as kernels take them.</summary>
    /// <param name="tensor">A float tensor of this device.</param>
    /// <returns>A view of all elements.</returns>
    public static ArrayView<float> Floats(Tensor tensor) => View(tensor, DType.Float32).Cast<float>();

    /// <summary>An integer tensor's elements as kernels take them.</summary>
    /// <param name="tensor">An integer tensor of this device.</param>
    /// <returns>A view of all elements.</returns>
    public static ArrayView<int> Ints(Tensor tensor) => View(tensor, DType.Int32).Cast<int>();

    /// <summary>A byte tensor's elements as kernels take them.</summary>
    /// <param name="tensor">A byte tensor of this device.</param>
    /// <returns>A view of all elements.</returns>
    public static ArrayView<byte> Bytes(Tensor tensor) => View(tensor, DType.UInt8);

    /// <summary>A bf16 tensor's elements as kernels take them.</summary>
    /// <param name="tensor">A bf16 tensor of this device.</param>
    /// <returns>A view of all elements' bits.</returns>
    public static ArrayView<ushort> BFloats(Tensor tensor) => View(tensor, DType.BFloat16).Cast<ushort>();

    /// <summary>A tensor's words of 32 bits, whatever its type, as kernels take them.</summary>
    /// <param name="tensor">A tensor of this device, whose bytes are a multiple of 4.</param>
    /// <returns>A view of all words.</returns>
    public static ArrayView<int> Words(Tensor tensor) => View(tensor, tensor.Type).Cast<int>();

    /// <summary>Where a tensor lies, for instructions that take addresses.</summary>
    /// <param name="tensor">A tensor of an ILGPU device.</param>
    /// <returns>On CUDA the address of its first byte; elsewhere 0.</returns>
    public static long Address(Tensor tensor) => ((GpuDevice)tensor.Device).Accelerator is CudaAccelerator ? ((GpuMemory)tensor.Memory).Buffer.NativePtr + tensor.ByteOffset : 0;

    /// <summary>Compiles a kernel, for CUDA with the operands of its inline assembly in registers (<see cref="RegisterSlots"/>), or takes it from the disk where an earlier process has kept
    /// it (<see cref="CacheFolder"/>). All kernels come from here.</summary>
    /// <typeparam name="TLauncher">An action of stream, configuration and the kernel's parameters.</typeparam>
    /// <param name="kernel">A delegate of the kernel, a static method written for groups. What it reads of static read-only fields must not differ between processes.</param>
    /// <param name="threads">Threads of each group it is launched with, where the compiler should know; else 0.</param>
    /// <param name="groups">How many groups should fit onto a processor at once, which bounds the registers of a thread; 0 leaves it to the compiler.</param>
    /// <exception cref="KernelLoadException">The driver refused it.</exception>
    /// <returns>The launcher, whose calls are counted (<see cref="Device.Launches"/>) and recorded (<see cref="CapturedStep"/>); to be kept, since ILGPU holds kernels only weakly.</returns>
    public TLauncher Compile<TLauncher>(Delegate kernel, int threads = 0, int groups = 0) where TLauncher : Delegate
    {
        var specialization = threads > 0 ? new KernelSpecialization(threads, groups > 0 ? groups : null) : KernelSpecialization.Empty;
        using var log = new BuildLog();
        try { return launches.Through(loader.Load(kernel.Method, specialization).CreateLauncherDelegate<TLauncher>(), JobTimes.NameOf(kernel.Method)); }
        catch (AcceleratorException problem) { throw new KernelLoadException(Name, kernel.Method.DeclaringType!.Name.Split('`')[0], log.Reason(problem), problem); }
    }

    /// <inheritdoc/>
    public override void Synchronize()
    {
        RefuseWhileRecording("waits for the device");
        WaitForStream();
    }

    /// <inheritdoc/>
    public override void Fill(Tensor tensor, float value)
    {
        tensor.MarkChanged();
        var kernels = Kernels(static device => new GpuMemoryKernels(device));
        if (tensor.Type == DType.BFloat16) kernels.Fill(BFloats(tensor), value);
        else kernels.Fill(Floats(tensor), value);
    }

    /// <inheritdoc/>
    public override void Copy(Tensor from, Tensor to)
    {
        if (from.Bytes != to.Bytes) throw new ArgumentException($"Copy: {from} has {from.Bytes} bytes, {to} has {to.Bytes}.");
        to.MarkChanged();
        if (launches.Recorded is not null) WriteCopy(View(from, from.Type), View(to, to.Type));
        else View(from, from.Type).CopyTo(Stream, View(to, to.Type));
    }

    /// <inheritdoc/>
    public override void Accumulate(Tensor into, Tensor from)
    {
        if (into.Shape.Count != from.Shape.Count || into.Type != from.Type) throw new ArgumentException($"Accumulate: {into} and {from} differ in size or type.");
        into.MarkChanged();
        var kernels = Kernels(static device => new GpuMemoryKernels(device));
        if (into.Type == DType.BFloat16) kernels.Accumulate(BFloats(into), BFloats(from));
        else kernels.Accumulate(Floats(into), Floats(from));
    }

    /// <inheritdoc/>
    public override bool Computes(Precision precision) => Enum.IsDefined(precision);

    /// <inheritdoc/>
    protected override void Close()
    {
        // After a kernel's fault a driver answers every call with that fault. Each step is tried all the same, and none may hide the exception that brought us here.
        Try(Stream.Dispose);
        Try(Accelerator.Dispose);
        Try(context.Dispose);
    }

    /// <inheritdoc/>
    protected override void Quiesce()
    {
        Try(Stream.Synchronize);
        foreach (var recording in recordings) Try(recording.Dispose);
        recordings.Clear();
    }

    /// <inheritdoc/>
    internal override StepRecording RecordStep(Action body)
    {
        var recording = new LaunchRecording(launches, Stream, Times);
        recording.Make(() => Step(body));
        var made = NewGraph is not null && Times is null ? GraphOf(recording, NewGraph) : recording;
        recordings.Add(made);
        return made;
    }

    // A graph saves time and nothing else: a driver that refuses it is no reason to end a training.
    private StepRecording GraphOf(LaunchRecording recording, Func<LaunchRecording, StepRecording> newGraph)
    {
        try
        {
            return newGraph(recording);
        }
        catch (Exception problem) when (DriverFaults.IsDriver(problem))
        {
            NewGraph = null;
            Console.Error.WriteLine($"Device '{Name}' makes no graph of a step ({DriverFaults.Words(problem)}); its kernels are launched one by one.");
            return recording;
        }
    }

    /// <inheritdoc/>
    internal override void LaunchStep(StepRecording recording)
    {
        launches.Count += recording.Kernels;
        recording.Launch();
    }

    /// <inheritdoc/>
    internal override void Discard(StepRecording recording)
    {
        if (!recordings.Remove(recording)) return; // it went with the device
        Try(Stream.Synchronize); // what was launched of it may still be under way
        Try(recording.Dispose);
    }

    private void RefuseWhileRecording(string what)
    {
        if (launches.Recorded is not null)
            throw new InvalidOperationException($"A step that is being recorded {what}. A replay could not do it: let such things happen before or after the captured step, on kept tensors.");
    }

    // Of their own, because a method that captures allocates whenever it is called.
    private void WriteCopy(ArrayView<byte> from, ArrayView<byte> to) => launches.Write("copy", () => from.CopyTo(Stream, to));

    private void WriteFill(ArrayView<byte> view, byte value) => launches.Write("fill", () => view.MemSet(Stream, value));

    /// <summary>Takes a step of tidying up, whether or not the driver still answers.</summary>
    internal static void Try(Action step)
    {
        try { step(); }
        catch (Exception problem) when (problem is AcceleratorException or ObjectDisposedException or InvalidOperationException or NotSupportedException) { }
    }

    /// <inheritdoc/>
    protected internal override void FillBytes(Tensor tensor, byte value)
    {
        tensor.MarkChanged();
        if (launches.Recorded is not null) WriteFill(View(tensor, tensor.Type), value);
        else View(tensor, tensor.Type).MemSet(Stream, value);
    }

    /// <inheritdoc/>
    protected internal override DeviceMemory AllocateMemory(long bytes)
    {
        RefuseWhileRecording("needs more memory than the steps before");
        var lazy = Accelerator.AcceleratorType == AcceleratorType.OpenCL;
        GpuMemory? memory = null;
        try
        {
            // OpenCL promises more memory than there is (PoCL any amount, in pieces) and fails when it is written to, in the midst of a step or of the whole program.
            if (lazy && held + bytes > TotalMemoryBytes) throw new OutOfMemoryException();
            memory = new GpuMemory(this, Accelerator.Allocate1D<byte>(bytes));
            held += bytes;
            if (lazy && bytes > 0)
            {
                // Writing a few bytes makes the driver obtain all of them: now or not at all.
                memory.Buffer.View.BaseView.SubView(0, Math.Min(bytes, 256)).MemSet(Stream, 0);
                Stream.Synchronize();
            }
            return memory;
        }
        catch (Exception problem)
        {
            memory?.Dispose();
            if (!DriverFaults.IsShortage(problem)) throw;
            throw TooLittle(bytes, TotalMemoryBytes, problem);
        }
    }

    /// <inheritdoc/>
    /// <remarks>What CUDA says is true: other programs' memory counts.</remarks>
    protected override long FreeMemory() => Accelerator is CudaAccelerator cuda ? cuda.GetFreeMemory() : TotalMemoryBytes - held;

    /// <inheritdoc/>
    public override long Launches => launches.Count;

    /// <inheritdoc/>
    public override KernelStatistics KernelStatistics => loader.Statistics;

    /// <summary>Takes note that memory has been given back.</summary>
    internal void Released(long bytes) => held -= bytes;

    /// <inheritdoc/>
    protected internal override unsafe void CopyToHost(Tensor tensor, byte* destination)
    {
        EnqueueCopyToHost(tensor, destination);
        // Before the memory is let go: a copy still under way would land where the garbage collector may have put something else.
        WaitForStream();
    }

    /// <inheritdoc/>
    protected internal override unsafe void CopyFromHost(Tensor tensor, byte* source)
    {
        RefuseWhileRecording("copies a tensor from the host");
        HostCopies.FromHost(this, tensor, source);
        WaitForStream(); // likewise
    }

    /// <inheritdoc/>
    private protected override Readback MakeReadback(Tensor tensor) => new GpuReadback(this, tensor);

    /// <summary>Asks for a copy that is made when the work before it is done.</summary>
    internal unsafe void EnqueueCopyToHost(Tensor tensor, byte* destination)
    {
        RefuseWhileRecording("reads a tensor back");
        HostCopies.ToHost(this, tensor, destination);
    }

    /// <summary>Waits for a place in the stream.</summary>
    internal void Await(StreamMark mark)
    {
        RefuseWhileRecording("waits for what is read back");
        if (!mark.IsPassed) Waits++;
        mark.Wait(); // where it is passed, too: to OpenCL a question is no synchronisation, and what the device wrote might not show yet
    }

    private void WaitForStream()
    {
        Waits++;
        Stream.Synchronize();
    }

    private static ArrayView<byte> View(Tensor tensor, DType type)
    {
        if (tensor.Type != type) throw tensor.Unread(type);
        return tensor.Memory is GpuMemory memory
            ? memory.Buffer.View.BaseView.SubView(tensor.ByteOffset, tensor.Bytes)
            : throw new ArgumentException($"{tensor} is not on an ILGPU device.");
    }
}
