namespace LpcEngine.Engine;

/// <summary>A readback on an ILGPU device: a copy that the stream makes when its turn comes, and a mark behind it.</summary>
internal sealed unsafe class GpuReadback : Readback
{
    private readonly GpuDevice device;
    private readonly StreamMark mark;
    private readonly int bytes;
    private byte* host;

    public GpuReadback(GpuDevice device, Tensor tensor) : base(tensor)
    {
        this.device = device;
        bytes = checked((int)tensor.Bytes);
        mark = StreamMark.On(device);
        host = HostCopies.Allocate(device, bytes);
    }

    private protected override ReadOnlySpan<byte> Host => new(host, bytes);

    private protected override bool HasArrived => mark.IsPassed;

    private protected override void Copy()
    {
        device.EnqueueCopyToHost(Tensor, host);
        mark.Set();
    }

    private protected override void Wait() => device.Await(mark);

    private protected override void Close()
    {
        // A copy under way would land in memory that is somebody else's by then.
        GpuDevice.Try(device.Stream.Synchronize);
        GpuDevice.Try(mark.Dispose);
        HostCopies.Free(device, host);
        host = null;
    }
}
