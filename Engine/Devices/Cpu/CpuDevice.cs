using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace LpcEngine.Engine;

/// <summary>The processor itself: our own SIMD kernels on all cores.</summary>
/// <remarks>Work is cut into tiles by shape alone, never by the number of threads: any number of threads gives the same bits.</remarks>
public sealed unsafe class CpuDevice : Device
{
    // Long enough that a tile's work outweighs claiming it, short enough that both cores end together.
    private const int TileElements = 32 * 1024;

    // Steps take memory in pieces of this size or more; to ask before every small tensor would take longer than to make it.
    private const long AskedBytes = 16L << 20;

    /// <summary>Starts the worker threads.</summary>
    /// <param name="threads">How many threads work, the caller's included; 0 means one a core.</param>
    public CpuDevice(int threads = 0) : base("cpu") => Pool = new WorkerPool(threads > 0 ? threads : Environment.ProcessorCount);

    /// <summary>The threads.</summary>
    public WorkerPool Pool { get; }

    /// <inheritdoc/>
    public override JobTimes? Times { get => Pool.Times; set => Pool.Times = value; }

    /// <inheritdoc/>
    public override string Description => $"{Pool.Threads} thread{(Pool.Threads == 1 ? "" : "s")}, {32 * VectorWidth.Lanes}-bit vectors";

    /// <inheritdoc/>
    public override long TotalMemoryBytes => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>A float tensor's elements.</summary>
    /// <param name="tensor">A float tensor of this device.</param>
    /// <returns>Pointer to the first element, 64-byte aligned.</returns>
    public static float* Floats(Tensor tensor) => (float*)Pointer(tensor, DType.Float32);

    /// <summary>An integer tensor's elements.</summary>
    /// <param name="tensor">An integer tensor of this device.</param>
    /// <returns>Pointer to the first element, 64-byte aligned.</returns>
    public static int* Ints(Tensor tensor) => (int*)Pointer(tensor, DType.Int32);

    /// <summary>A byte tensor's elements.</summary>
    /// <param name="tensor">A byte tensor of this device.</param>
    /// <returns>Pointer to the first element, 64-byte aligned.</returns>
    public static byte* Bytes(Tensor tensor) => Pointer(tensor, DType.UInt8);

    /// <inheritdoc/>
    public override void Fill(Tensor tensor, float value) => new Span<float>(Floats(tensor), tensor.Shape.Count).Fill(value);

    /// <inheritdoc/>
    public override void Copy(Tensor from, Tensor to)
    {
        if (from.Bytes != to.Bytes) throw new ArgumentException($"Copy: {from} has {from.Bytes} bytes, {to} has {to.Bytes}.");
        to.MarkChanged();
        Buffer.MemoryCopy(Pointer(from, from.Type), Pointer(to, to.Type), to.Bytes, from.Bytes);
    }

    /// <inheritdoc/>
    public override void Accumulate(Tensor into, Tensor from)
    {
        if (into.Shape.Count != from.Shape.Count || into.Type != from.Type) throw new ArgumentException($"Accumulate: {into} and {from} differ in size or type.");
        into.MarkChanged();
        var job = new AccumulateJob { Into = Floats(into), From = Floats(from), Count = into.Shape.Count };
        Pool.Run(Tiling.Count(job.Count, TileElements), ref job);
    }

    /// <inheritdoc/>
    protected override void Close() => Pool.Dispose();

    /// <inheritdoc/>
    protected internal override void FillBytes(Tensor tensor, byte value)
    {
        tensor.MarkChanged();
        NativeMemory.Fill(Pointer(tensor, tensor.Type), (nuint)tensor.Bytes, value);
    }

    /// <inheritdoc/>
    protected internal override DeviceMemory AllocateMemory(long bytes) =>
        bytes < AskedBytes || bytes <= MachineMemory.Free() ? new CpuMemory(bytes) : throw TooLittle(bytes, TotalMemoryBytes);

    /// <inheritdoc/>
    protected override long FreeMemory() => Math.Min(MachineMemory.Free(), base.FreeMemory());

    /// <inheritdoc/>
    protected internal override void CopyToHost(Tensor tensor, byte* destination) => Buffer.MemoryCopy(Pointer(tensor, tensor.Type), destination, tensor.Bytes, tensor.Bytes);

    /// <inheritdoc/>
    protected internal override void CopyFromHost(Tensor tensor, byte* source) => Buffer.MemoryCopy(source, Pointer(tensor, tensor.Type), tensor.Bytes, tensor.Bytes);

    /// <inheritdoc/>
    private protected override Readback MakeReadback(Tensor tensor) => new CpuReadback(tensor);

    private static byte* Pointer(Tensor tensor, DType type)
    {
        if (tensor.Type != type) throw tensor.Unread(type);
        return tensor.Memory is CpuMemory memory ? memory.Pointer + tensor.ByteOffset : throw new ArgumentException($"{tensor} is not on the cpu device.");
    }

    private struct AccumulateJob : ITileJob
    {
        public float* Into, From;
        public int Count;

        public readonly void Run(int tile, int worker)
        {
            // nint, not int: the last tile of a tensor near 2³¹ elements ends beyond.
            nint i = (nint)tile * TileElements, end = Math.Min(i + TileElements, Count);
            var lanes = VectorWidth.Lanes;
            // Each loop takes what the wider one before has left.
            for (; lanes >= 16 && i <= end - 16; i += 16) (Vector512.Load(Into + i) + Vector512.Load(From + i)).Store(Into + i);
            for (; lanes >= 8 && i <= end - 8; i += 8) (Vector256.Load(Into + i) + Vector256.Load(From + i)).Store(Into + i);
            for (; i <= end - 4; i += 4) (Vector128.Load(Into + i) + Vector128.Load(From + i)).Store(Into + i);
            for (; i < end; i++) Into[i] += From[i];
        }
    }
}
