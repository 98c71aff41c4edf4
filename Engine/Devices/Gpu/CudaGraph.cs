using System.Runtime.InteropServices;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace LpcEngine.Engine;

/// <summary>A step as a CUDA graph: what the stream is asked for is captured by the driver, and all of it is then one launch.</summary>
/// <remarks>
/// ILGPU 1.5.3 has no graphs, so the driver is called directly, on ILGPU's stream and in its context. A launch of its own costs each kernel some microseconds of the host's time; within a graph
/// the driver has prepared everything. Addresses are fixed in it, as are all arguments of kernels. The launches are captured from their list rather than from the step's code, so that a refusal
/// leaves the list, which does the same.
/// </remarks>
internal sealed partial class CudaGraph : StepRecording
{
    // CU_STREAM_CAPTURE_MODE_RELAXED: other threads, such as the one on which ILGPU collects forgotten buffers, may go on calling the driver.
    private const int Relaxed = 2;

    private readonly Accelerator accelerator;
    private readonly CudaStream stream;
    private nint executable;

    /// <summary>Makes a graph of recorded launches.</summary>
    /// <exception cref="CudaException">The driver refuses; the launches are as they were, and the stream can be used.</exception>
    public CudaGraph(Accelerator accelerator, CudaStream stream, LaunchRecording launches)
    {
        (this.accelerator, this.stream, Kernels) = (accelerator, stream, launches.Kernels);
        var graph = Capture(launches);
        try
        {
            Check(Instantiate(out executable, graph, flags: 0));
            Check(Upload(executable, stream.StreamPtr)); // the memory that the driver needs for it: now, when the list can still take its place, rather than at the first launch
        }
        catch
        {
            Dispose();
            throw;
        }
        finally { DestroyGraph(graph); }
    }

    public override Replay Kind => Replay.Graph;

    public override void Launch()
    {
        accelerator.Bind();
        Check(LaunchGraph(executable, stream.StreamPtr));
    }

    public override void Dispose()
    {
        accelerator.Bind();
        if (executable != 0) DestroyExecutable(executable);
        executable = 0;
    }

    private nint Capture(LaunchRecording launches)
    {
        accelerator.Bind();
        Check(BeginCapture(stream.StreamPtr, Relaxed));
        try { launches.Launch(); }
        catch
        {
            // However it fails, the stream must not go on capturing.
            if (EndCapture(stream.StreamPtr, out var unfinished) == 0 && unfinished != 0) DestroyGraph(unfinished);
            throw;
        }
        Check(EndCapture(stream.StreamPtr, out var graph));
        return graph;
    }

    private static void Check(int result) => CudaException.ThrowIfFailed((CudaError)result);

    [LibraryImport(NativeLibraries.Cuda, EntryPoint = "cuStreamBeginCapture_v2")]
    private static partial int BeginCapture(nint stream, int mode);

    [LibraryImport(NativeLibraries.Cuda, EntryPoint = "cuStreamEndCapture")]
    private static partial int EndCapture(nint stream, out nint graph);

    [LibraryImport(NativeLibraries.Cuda, EntryPoint = "cuGraphInstantiateWithFlags")]
    private static partial int Instantiate(out nint executable, nint graph, ulong flags);

    [LibraryImport(NativeLibraries.Cuda, EntryPoint = "cuGraphUpload")]
    private static partial int Upload(nint executable, nint stream);

    [LibraryImport(NativeLibraries.Cuda, EntryPoint = "cuGraphLaunch")]
    private static partial int LaunchGraph(nint executable, nint stream);

    [LibraryImport(NativeLibraries.Cuda, EntryPoint = "cuGraphExecDestroy")]
    private static partial int DestroyExecutable(nint executable);

    [LibraryImport(NativeLibraries.Cuda, EntryPoint = "cuGraphDestroy")]
    private static partial int DestroyGraph(nint graph);
}
