using System.Runtime.InteropServices;

namespace LpcEngine.Engine;

/// <summary>A kept tensor's elements on their way to the host: asked for at one moment, there at a later one, and meanwhile neither the device nor the host waits.</summary>
/// <remarks>
/// <para>
/// For numbers that are watched while work goes on, such as losses. <see cref="Tensor.CopyTo"/> waits for all work asked for so far; after that the device has nothing to do until the host asks for more.
/// Here the copy takes its place behind the work asked for before it: the elements are those of that moment, whatever changes the tensor afterwards.
/// </para>
/// <para>Made once and asked often: it keeps host memory of the tensor's size (page-locked on CUDA, whose copies run beside the host only then), and asking allocates nothing. It goes with its device, or earlier with
/// <see cref="Dispose"/>. Not for several threads at once.</para>
/// </remarks>
public abstract class Readback : IDisposable
{
    private bool disposed;

    /// <summary>For <see cref="Device.NewReadback"/>.</summary>
    /// <param name="tensor">The tensor.</param>
    private protected Readback(Tensor tensor) => Tensor = tensor;

    /// <summary>Whose elements are read.</summary>
    public Tensor Tensor { get; }

    /// <summary>Whether elements were asked for that have not been taken.</summary>
    public bool IsAsked { get; private set; }

    /// <summary>Whether elements that were asked for can be taken without waiting.</summary>
    public bool IsThere => IsAsked && HasArrived;

    /// <summary>Asks for the elements as they will be when the work asked for so far is done, and does not wait for that. What was asked for before and not taken is forgotten.</summary>
    /// <exception cref="ObjectDisposedException">This or the device has been disposed.</exception>
    /// <exception cref="InvalidOperationException">The tensor was freed, or a step is being recorded (<see cref="CapturedStep"/>), whose replays could not do it.</exception>
    public void Ask()
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        IsAsked = false; // should the copy be refused
        Copy();
        IsAsked = true;
    }

    /// <summary>The elements that were asked for. Waits where they are not there yet.</summary>
    /// <typeparam name="T">float, int or byte, as the tensor's type says, or ushort for the bits of a bf16 tensor.</typeparam>
    /// <returns>The elements, in row-major order, until the next <see cref="Ask"/>.</returns>
    /// <exception cref="ArgumentException">The type is another.</exception>
    /// <exception cref="InvalidOperationException">Nothing was asked for since the last time, or a step is being recorded, whose replays would not do it.</exception>
    public ReadOnlySpan<T> Take<T>() where T : unmanaged
    {
        if (Tensor.Type != DTypes.Of<T>()) throw new ArgumentException($"{Tensor} cannot be read as {typeof(T).Name}.");
        if (!IsAsked) throw new InvalidOperationException($"Nothing of {Tensor} is on its way: Ask comes before each Take.");
        Wait();
        IsAsked = false;
        return MemoryMarshal.Cast<byte, T>(Host);
    }

    /// <summary>What was asked for is no longer wanted; nobody waits for it.</summary>
    public void Forget() => IsAsked = false;

    /// <summary>Waits for a copy under way, and gives the host memory back.</summary>
    public void Dispose()
    {
        if (disposed) return;
        (disposed, IsAsked) = (true, false);
        Tensor.Device.Readbacks.Remove(this);
        Close();
        GC.SuppressFinalize(this);
    }

    /// <summary>The host memory.</summary>
    private protected abstract ReadOnlySpan<byte> Host { get; }

    /// <summary>Whether the last copy is done.</summary>
    private protected abstract bool HasArrived { get; }

    /// <summary>Asks the device for a copy into the host memory.</summary>
    private protected abstract void Copy();

    /// <summary>Waits for the last copy, if it isn't done yet, and sees to it that the host sees what was written.</summary>
    private protected abstract void Wait();

    /// <summary>Gives back what it holds; the last copy may be under way.</summary>
    private protected abstract void Close();
}
