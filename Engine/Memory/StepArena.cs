namespace LpcEngine.Engine;

/// <summary>The memory of one step: every tensor that a step creates lives here until the step ends.</summary>
/// <remarks>
/// Nobody disposes these tensors. <see cref="Device.EndStep"/> takes them all back at once; the tape gives gradients and (when asked)
/// activations back as soon as backward has passed them, so that a step's peak is its forward pass. Slabs and tensor objects are kept
/// and reused: from the third step on nothing is allocated, neither on the device nor by the garbage collector.
/// </remarks>
internal sealed class StepArena(Device device)
{
    // Views start at multiples of 256 bytes: GPU kernels read 16 bytes at a time, CPU kernels 64.
    private const long Alignment = 256;
    private const long SmallestSlab = 16L << 20;
    private const long LargestSlab = 256L << 20;

    private readonly List<(DeviceMemory Memory, FreeList Ranges)> slabs = [];

    // Two sets of objects, used in turn: a tensor that somebody held on to is then a dead object throughout the next step, and using it throws,
    // where a single set would hand it out again as another tensor.
    private List<Tensor> tensors = new(1024);
    private List<Tensor> resting = new(1024);
    private int live;
    private bool disposed;

    /// <summary>When set, new tensors are filled with bytes 0xFF (NaN for floats): a kernel that leaves an element unwritten shows up.</summary>
    public bool Poison { get; set; }

    /// <summary>Tensors handed out since the last reset.</summary>
    public int LiveTensors => live;

    /// <summary>Tensor objects that exist, in use or waiting for reuse.</summary>
    public int PooledTensors => tensors.Count + resting.Count;

    /// <summary>Bytes of the slabs.</summary>
    public long ReservedBytes { get; private set; }

    /// <summary>Largest number of bytes in use at one time.</summary>
    public long PeakBytes { get; private set; }

    private long used;

    public Tensor Rent(Shape shape, DType type)
    {
        ObjectDisposedException.ThrowIf(disposed, device);
        var bytes = Tiling.RoundUp((long)shape.Count * type.Bytes(), Alignment);
        var (slab, offset) = Find(bytes);
        if (live == tensors.Count) tensors.Add(new Tensor(device));
        var tensor = tensors[live++];
        tensor.Place(slabs[slab].Memory, offset, shape, type, slab);
        used += bytes;
        PeakBytes = Math.Max(PeakBytes, used);
        if (Poison) device.FillBytes(tensor, 0xFF);
        return tensor;
    }

    /// <summary>A second tensor object over the same elements, with another shape. It does not keep them: see <see cref="Tensor.Hold"/>.</summary>
    public Tensor View(Tensor of, Shape shape, long byteOffset = 0)
    {
        if (live == tensors.Count) tensors.Add(new Tensor(device));
        var tensor = tensors[live++];
        tensor.Place(of.Memory, of.ByteOffset + byteOffset, shape, of.Type, slab: -1);
        return tensor;
    }

    /// <summary>Gives a tensor's bytes back before the step ends.</summary>
    public void Return(Tensor tensor)
    {
        if (tensor.Slab < 0 || !tensor.IsAlive) return;
        var bytes = Tiling.RoundUp((long)tensor.Shape.Count * tensor.Type.Bytes(), Alignment);
        slabs[tensor.Slab].Ranges.Return(tensor.ByteOffset, bytes);
        used -= bytes;
        tensor.Bury();
    }

    public void Reset()
    {
        for (var i = 0; i < live; i++) tensors[i].Bury();
        foreach (var (_, ranges) in slabs) ranges.Reset();
        (tensors, resting) = (resting, tensors);
        live = 0;
        used = 0;
    }

    /// <summary>Takes back all tensors that were handed out since <see cref="LiveTensors"/> had a given value; the step goes on. What views among them show stays with its owner.</summary>
    public void Rewind(int liveTensors)
    {
        for (; live > liveTensors; live--)
        {
            Return(tensors[live - 1]);
            tensors[live - 1].Bury();
        }
    }

    /// <summary>Buries the step's views of memory that is about to go.</summary>
    public void BuryViews(DeviceMemory of)
    {
        for (var i = 0; i < live; i++)
            if (tensors[i].Shows(of)) tensors[i].Bury();
    }

    /// <summary>Ends the step and gives the slabs back; the next tensor obtains new ones. Whoever still has a tensor finds it dead.</summary>
    public void Free()
    {
        Reset();
        foreach (var (memory, _) in slabs) memory.Dispose();
        slabs.Clear();
        (ReservedBytes, PeakBytes) = (0, 0);
    }

    /// <summary>Gives the slabs back for good.</summary>
    public void Dispose()
    {
        Free();
        disposed = true;
    }

    private (int Slab, long Offset) Find(long bytes)
    {
        for (var i = 0; i < slabs.Count; i++)
        {
            var offset = slabs[i].Ranges.Take(bytes);
            if (offset >= 0) return (i, offset);
        }
        // Up to 256 MiB each new slab doubles what is there, from then on it adds that much: few slabs for large nets, little waste for all.
        var memory = Obtain(Math.Max(bytes, Math.Clamp(ReservedBytes, SmallestSlab, LargestSlab)), atLeast: bytes);
        slabs.Add((memory, new FreeList(memory.Bytes)));
        ReservedBytes += memory.Bytes;
        return (slabs.Count - 1, slabs[^1].Ranges.Take(bytes));
    }

    // Where the device is nearly full, a smaller slab may do.
    private DeviceMemory Obtain(long bytes, long atLeast)
    {
        while (true)
        {
            try { return device.Obtain(bytes); }
            catch (TooLittleMemoryException) when (bytes > atLeast) { bytes = Math.Max(atLeast, Tiling.RoundUp(bytes / 2, Alignment)); }
        }
    }
}
