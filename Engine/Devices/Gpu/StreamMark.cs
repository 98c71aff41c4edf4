using System.Runtime.InteropServices;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace LpcEngine.Engine;

/// <summary>A place in a device's stream which the host can ask about: has the work before it been done?</summary>
/// <remarks>ILGPU 1.5.3 has marks for measuring time only, a new object each, and none that answers without waiting. So the drivers are called directly.</remarks>
internal abstract partial class StreamMark : IDisposable
{
    /// <summary>Makes a mark, which lies nowhere yet.</summary>
    public static StreamMark On(GpuDevice device) => device.Accelerator switch
    {
        CudaAccelerator cuda => new CudaMark(cuda, (CudaStream)device.Stream),
        CLAccelerator => new OpenClMark((CLStream)device.Stream),
        _ => new EmulatorMark(device.Stream),
    };

    /// <summary>Puts the mark behind all that the stream has been asked for; it leaves the place where it was before.</summary>
    public abstract void Set();

    /// <summary>Whether the work before the mark is done; where it was never set there is none.</summary>
    public abstract bool IsPassed { get; }

    /// <summary>Waits for the work before the mark, not for what was asked for after it.</summary>
    public abstract void Wait();

    /// <summary>Gives it back to the driver.</summary>
    public abstract void Dispose();

    /// <summary>CUDA's event.</summary>
    private sealed class CudaMark : StreamMark
    {
        private readonly CudaAccelerator accelerator;
        private readonly CudaStream stream;
        private readonly nint handle;

        public CudaMark(CudaAccelerator accelerator, CudaStream stream)
        {
            (this.accelerator, this.stream) = (accelerator, stream);
            accelerator.Bind();
            // Without a time of its own it costs the stream less.
            CudaException.ThrowIfFailed(CudaAPI.CurrentAPI.CreateEvent(out handle, CudaEventFlags.CU_EVENT_DISABLE_TIMING));
        }

        public override bool IsPassed
        {
            get
            {
                accelerator.Bind();
                var answer = CudaAPI.CurrentAPI.QueryEvent(handle);
                if (answer == CudaError.CUDA_ERROR_NOT_READY) return false;
                CudaException.ThrowIfFailed(answer);
                return true;
            }
        }

        public override void Set()
        {
            accelerator.Bind();
            CudaException.ThrowIfFailed(CudaAPI.CurrentAPI.RecordEvent(handle, stream.StreamPtr));
        }

        public override void Wait()
        {
            accelerator.Bind();
            CudaException.ThrowIfFailed(CudaAPI.CurrentAPI.SynchronizeEvent(handle));
        }

        public override void Dispose()
        {
            accelerator.Bind();
            CudaException.ThrowIfFailed(CudaAPI.CurrentAPI.DestroyEvent(handle));
        }
    }

    /// <summary>The emulator's copies may wait: it is for debugging.</summary>
    private sealed class EmulatorMark(AcceleratorStream stream) : StreamMark
    {
        public override bool IsPassed => true;

        public override void Set() => stream.Synchronize();

        public override void Wait() { }

        public override void Dispose() { }
    }

    /// <summary>OpenCL's event. Each place in a queue is a new one.</summary>
    private sealed partial class OpenClMark(CLStream stream) : StreamMark
    {
        // CL_EVENT_COMMAND_EXECUTION_STATUS; CL_COMPLETE is 0, what is still to come is above, and errors are below.
        private const uint Status = 0x11D3;

        private nint handle;

        public override bool IsPassed
        {
            get
            {
                if (handle == 0) return true;
                Check(GetEventInfo(handle, Status, sizeof(int), out var status, 0));
                if (status < 0) Check(status);
                return status == 0;
            }
        }

        public override void Set()
        {
            Dispose();
            Check(EnqueueMarker(stream.CommandQueue, 0, 0, out handle));
            // A queue may keep work to itself until somebody waits, and nobody will.
            CLException.ThrowIfFailed(CLAPI.CurrentAPI.FlushCommandQueue(stream.CommandQueue));
        }

        public override void Wait()
        {
            if (handle != 0) Check(WaitForEvents(1, in handle));
        }

        public override void Dispose()
        {
            if (handle != 0) ReleaseEvent(handle);
            handle = 0;
        }

        private static void Check(int result) => CLException.ThrowIfFailed((CLError)result);

        [LibraryImport(NativeLibraries.OpenCL, EntryPoint = "clEnqueueMarkerWithWaitList")]
        private static partial int EnqueueMarker(nint queue, uint count, nint waitList, out nint mark);

        [LibraryImport(NativeLibraries.OpenCL, EntryPoint = "clGetEventInfo")]
        private static partial int GetEventInfo(nint mark, uint name, nuint size, out int value, nint sizeReturned);

        [LibraryImport(NativeLibraries.OpenCL, EntryPoint = "clWaitForEvents")]
        private static partial int WaitForEvents(uint count, in nint marks);

        [LibraryImport(NativeLibraries.OpenCL, EntryPoint = "clReleaseEvent")]
        private static partial int ReleaseEvent(nint mark);
    }
}
