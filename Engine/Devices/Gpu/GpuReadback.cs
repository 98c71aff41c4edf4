namespace LpcEngine.Engine;

/// <summary>A readback on an ILGPU device: a copy that the stream makes when its turn comes, and a mark behind it.</summary>
internal sealed unsafe class GpuReadback : Readback
{
    private readonly GpuDevice device;
    private readonly LandingPlace place;
    private readonly StreamMark mark;

    public GpuReadback(GpuDevice device, Tensor tensor) : base(tensor)
    {
        this.device = device;
        place = new LandingPlace(device, (int)tensor.Bytes);
        try { mark = StreamMark.On(device); }
        catch
        {
            place.Dispose();
            throw;
        }
    }

    private protected override ReadOnlySpan<byte> Host => new(place.Start, place.Bytes);

    private protected override bool HasArrived => mark.IsPassed;

    private protected override void Copy()
    {
        device.EnqueueCopyToHost(Tensor, place.Start);
        mark.Set();
    }

    private protected override void Wait() => device.Await(mark);

    private protected override void Close()
    {
        // A copy under way would land in memory that is somebody else's by then.
        GpuDevice.Try(mark.Wait);
        GpuDevice.Try(mark.Dispose);
        place.Dispose();
    }
}
