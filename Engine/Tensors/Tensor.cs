using System.Runtime.InteropServices;

namespace LpcEngine.Engine;

/// <summary>A dense array on a device: a shape, an element type and a place in the device's memory. Row-major, innermost axis last.</summary>
/// <remarks>
/// A tensor made by <see cref="Device.New"/> (and by every operation) belongs to the running step and ends with it; one made by
/// <see cref="Device.NewKept"/> lives as long as its device. Nobody disposes tensors.
/// Using a tensor in the step after its own throws; to hold on to one for longer is
/// an error that goes unseen, because its object then stands for another tensor.
/// </remarks>
public sealed class Tensor
{
    private int owners;
    private Tensor? holds;

    internal Tensor(Device device) => Device = device;

    /// <summary>Where the elements live.</summary>
    public Device Device { get; }

    /// <summary>The extents.</summary>
    public Shape Shape { get; private set; }

    /// <summary>The element type.</summary>
    public DType Type { get; private set; }

    /// <summary>Whether backward passes compute a gradient for this tensor: set on parameters and on inputs of interest, true for what depends on them.</summary>
    public bool TracksGradient { get; set; }

    /// <summary>Whether the elements still exist. False once the step that made the tensor has ended, or backward has released it.</summary>
    public bool IsAlive { get; private set; }

    /// <summary>Whether the tensor outlives its step.</summary>
    public bool IsKept { get; private set; }

    /// <summary>The piece of device memory that holds the elements.</summary>
    public DeviceMemory Memory { get => Alive().memory!; }

    private DeviceMemory? memory;

    /// <summary>Where in <see cref="Memory"/> the first element lies, in bytes; a multiple of 256.</summary>
    public long ByteOffset { get; private set; }

    /// <summary>Size of the elements in bytes.</summary>
    public long Bytes => (long)Shape.Count * Type.Bytes();

    /// <summary>Where this tensor's gradient must be written, when it has a fixed place (see <see cref="ParameterGroup"/>).</summary>
    internal Tensor? GradientSlot { get; set; }

    /// <summary>The group to which this parameter belongs; null without.</summary>
    internal ParameterGroup? Group { get; set; }

    /// <summary>The backward pass that last wrote to <see cref="GradientSlot"/>, or <see cref="GradientIsZero"/>.</summary>
    internal long GradientPass { get; set; }

    /// <summary>The <see cref="GradientPass"/> of a place that holds zeros.</summary>
    internal const long GradientIsZero = 0;

    /// <summary>Index of the arena's slab, or −1 when the elements aren't the arena's to take back early.</summary>
    internal int Slab { get; private set; } = -1;

    /// <summary>Copies the elements to a new array. Waits for the device.</summary>
    /// <returns>The elements in row-major order.</returns>
    /// <exception cref="ArgumentException">Not a tensor of floats or bf16.</exception>
    /// <exception cref="InvalidOperationException">Its step has ended.</exception>
    public float[] ToFloats()
    {
        var values = HostMemory.NewArray<float>(Shape.Count);
        CopyTo<float>(values);
        return values;
    }

    /// <summary>Copies the elements to a new array. Waits for the device.</summary>
    /// <returns>The elements in row-major order.</returns>
    /// <exception cref="ArgumentException">Not an integer tensor.</exception>
    /// <exception cref="InvalidOperationException">Its step has ended.</exception>
    public int[] ToInts()
    {
        var values = HostMemory.NewArray<int>(Shape.Count);
        CopyTo<int>(values);
        return values;
    }

    /// <summary>Copies the elements into host memory. Waits for the device.</summary>
    /// <typeparam name="T">float, int or byte, as the tensor's type says; of a bf16 tensor float for its values (exact), ushort for its bits.</typeparam>
    /// <param name="destination">Exactly as many elements as the tensor has.</param>
    /// <exception cref="ArgumentException">The length or the type differs.</exception>
    /// <exception cref="InvalidOperationException">The elements are gone.</exception>
    public unsafe void CopyTo<T>(Span<T> destination) where T : unmanaged
    {
        if (IsWidened<T>(destination.Length))
        {
            using var bits = new HostBits(Shape.Count);
            CopyTo(bits.Span);
            BFloat16.ToFloats(bits.Span, MemoryMarshal.Cast<T, float>(destination));
            return;
        }
        fixed (T* host = destination) Alive().Device.CopyToHost(this, (byte*)host);
    }

    /// <summary>Overwrites the elements from host memory.</summary>
    /// <typeparam name="T">float, int or byte, as the tensor's type says; for a bf16 tensor float, rounded to nearest even (see <see cref="BFloat16"/>), or ushort for its bits.</typeparam>
    /// <param name="source">Exactly as many elements as the tensor has.</param>
    /// <exception cref="ArgumentException">The length or the type differs.</exception>
    /// <exception cref="InvalidOperationException">The elements are gone.</exception>
    public unsafe void CopyFrom<T>(ReadOnlySpan<T> source) where T : unmanaged
    {
        if (IsWidened<T>(source.Length))
        {
            using var bits = new HostBits(Shape.Count);
            BFloat16.FromFloats(MemoryMarshal.Cast<T, float>(source), bits.Span);
            CopyFrom<ushort>(bits.Span);
            return;
        }
        MarkChanged();
        fixed (T* host = source) Alive().Device.CopyFromHost(this, (byte*)host);
    }

    /// <summary>Says that the elements change. An operation whose kernels change a tensor that was given to it calls this; copies, fills and sums of the device do so themselves.</summary>
    /// <remarks>What was derived from the elements in the running step, such as rounded filters, is then made anew. What changes one view changes all views of the same memory.</remarks>
    /// <exception cref="InvalidOperationException">The elements are gone.</exception>
    public void MarkChanged() => Memory.Changes++;

    /// <summary>The same elements under another shape; no copy. Gradients flow through it, without a copy either: it is recorded like an operation.</summary>
    /// <param name="shape">A shape with as many elements.</param>
    /// <returns>A tensor of the running step. A change of the elements shows under both shapes.</returns>
    /// <exception cref="ShapeException">The number of elements differs.</exception>
    /// <exception cref="InvalidOperationException">The elements are gone.</exception>
    public Tensor View(Shape shape)
    {
        if (shape.Count != Shape.Count)
            throw new ShapeException("View", $"{Shape} has {Shape.Count} elements, {shape} would have {shape.Count}; they must be equal.");
        var view = Device.View(Alive(), shape);
        // A kept tensor's elements need no holder, and one more would make the fixed place of a parameter's gradient look shared.
        if (!IsKept) view.Hold(this);
        if (Device.Tape.Record<ViewNode>(view, this) is { } node) node.Input = this;
        return view;
    }

    /// <summary>Short description for messages.</summary>
    /// <returns>Type and shape.</returns>
    public override string ToString() => $"{Type}{Shape} on {Device.Name}";

    internal void Place(DeviceMemory memory, long byteOffset, Shape shape, DType type, int slab)
    {
        this.memory = memory;
        (ByteOffset, Shape, Type, Slab) = (byteOffset, shape, type, slab);
        (IsAlive, IsKept, TracksGradient, owners, holds) = (true, false, false, 1, null);
    }

    internal void Plan(Shape shape, DType type) => (Shape, Type, IsKept) = (shape, type, true);

    internal void Keep() => IsKept = true;

    /// <summary>The elements are gone; what the tensor held has one holder less.</summary>
    internal void Bury()
    {
        (IsAlive, memory) = (false, null);
        if (holds is null) return;
        holds.owners--;
        holds = null;
    }

    /// <summary>Counts one more holder of the elements; each will call <see cref="Release"/>.</summary>
    internal void Share() => owners++;

    /// <summary>A view becomes one of the holders of what it shows, until it is released or its step ends.</summary>
    internal void Hold(Tensor source)
    {
        source.Share();
        holds = source;
    }

    /// <summary>Whether nobody else holds the elements, so that they may be changed in place.</summary>
    internal bool IsExclusive => owners == 1 && (holds is null || holds.IsExclusive);

    /// <summary>One holder is done. The last one gives a step tensor's elements back to the arena.</summary>
    internal void Release()
    {
        if (--owners != 0 || IsKept) return;
        var source = holds;
        holds = null;
        if (source is null)
        {
            Device.Return(this);
            return;
        }
        Bury();
        source.Release();
    }

    /// <summary>The error for a kernel that takes elements of another type. Where it takes floats and gets bf16, it is a kernel that is missing: an operation with one would have asked for them.</summary>
    internal Exception Unread(DType wanted) => Type == DType.BFloat16 && wanted == DType.Float32
        ? new KernelMissingException($"An operation on {this}", Device.Name, Precision.Bf16)
        : new ArgumentException($"{this} was to be read as {wanted}.");

    /// <summary>Whether the elements lie in a piece of memory.</summary>
    internal bool Shows(DeviceMemory piece) => IsAlive && memory == piece;

    private Tensor Alive() => IsAlive ? this : throw new InvalidOperationException(IsKept
        ? "This tensor was freed (Device.Free), or its device has ended, or it was only planned (Device.Plan): it has no elements."
        : "This tensor's step has ended and its elements are gone. Copy what outlives a step (Device.Keep, ToFloats), or read it before the step ends.");

    /// <summary>Refuses host memory that doesn't fit.</summary>
    /// <returns>Whether the elements are bf16 and the host's are floats.</returns>
    private bool IsWidened<T>(int length) where T : unmanaged
    {
        var widened = Type == DType.BFloat16 && typeof(T) == typeof(float);
        if (!widened && Type != DTypes.Of<T>()) throw new ArgumentException($"{this} cannot be copied as {typeof(T).Name}.");
        if (length != Shape.Count) throw new ArgumentException($"{this} has {Shape.Count} elements, the host memory {length}.");
        return widened;
    }

    /// <summary>Bits on their way between host and device. Native: what tests and logs read must not be garbage of half a gigabyte.</summary>
    private readonly unsafe ref struct HostBits(int count)
    {
        private readonly ushort* memory = (ushort*)NativeMemory.Alloc((nuint)count, sizeof(ushort));

        public Span<ushort> Span => new(memory, count);

        public void Dispose() => NativeMemory.Free(memory);
    }
}
