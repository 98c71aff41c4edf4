using System.Runtime.InteropServices;

namespace LpcEngine.Engine;

/// <summary>A readback on the cpu, whose work is done when a call returns: a copy, made when it is asked for.</summary>
internal sealed unsafe class CpuReadback(Tensor tensor) : Readback(tensor)
{
    private readonly int bytes = (int)tensor.Bytes;
    private byte* host = (byte*)NativeMemory.AlignedAlloc((nuint)tensor.Bytes, 64);

    private protected override ReadOnlySpan<byte> Host => new(host, bytes);

    private protected override bool HasArrived => true;

    private protected override void Copy() => Tensor.Device.CopyToHost(Tensor, host);

    private protected override void Wait() { }

    private protected override void Close()
    {
        NativeMemory.AlignedFree(host);
        host = null;
    }
}
