using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;
using LpcEngine.Experiments.Commands;

namespace LpcEngine.Tests.DeviceLayer;

/// <summary>What happens when a driver refuses something.</summary>
public sealed class UnusableDevices
{
    [TestCase(CLError.CL_MEM_OBJECT_ALLOCATION_FAILURE, true)]
    [TestCase(CLError.CL_OUT_OF_RESOURCES, true)]
    [TestCase(CLError.CL_OUT_OF_HOST_MEMORY, true)]
    [TestCase(CLError.CL_INVALID_BUFFER_SIZE, true)]
    [TestCase(CLError.CL_INVALID_CONTEXT, false)]
    [TestCase(CLError.CL_INVALID_COMMAND_QUEUE, false)]
    public void Only_a_lack_of_memory_is_called_one(CLError error, bool shortage) => Assert.That(DriverFaults.IsShortage(new CLException(error)), Is.EqualTo(shortage));

    [TestCase(nameof(CudaError.CUDA_ERROR_OUT_OF_MEMORY), true)]
    [TestCase(nameof(CudaError.CUDA_ERROR_ILLEGAL_ADDRESS), false)]
    [TestCase(nameof(CudaError.CUDA_ERROR_LAUNCH_FAILED), false)]
    public void Only_a_lack_of_memory_is_called_one(string error, bool shortage)
    {
        // Without its driver ILGPU can't say what a CUDA error means, so it can't make the exception in the ordinary way.
        var problem = (CudaException)System.Runtime.CompilerServices.RuntimeHelpers.GetUninitializedObject(typeof(CudaException));
        typeof(CudaException).GetField("<Error>k__BackingField", System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.NonPublic)!.SetValue(problem, error);
        Assert.That(DriverFaults.IsShortage(problem), Is.EqualTo(shortage));
    }

    [Test]
    public void A_fault_at_allocation_is_not_called_a_lack_of_memory()
    {
        using var device = OpenCL();
        device.Accelerator.Dispose();
        Assert.That(() => device.AllocateMemory(256), Throws.Exception.Not.InstanceOf<UserErrorException>());
    }

    [Test]
    public void A_device_that_no_longer_answers_is_disposed_of_all_the_same()
    {
        var device = OpenCL();
        device.NewKept(new(1000));
        device.Stream.Dispose();
        Assert.That(device.Synchronize, Throws.Exception);
        Assert.That(device.Dispose, Throws.Nothing);
        Assert.That(device.Accelerator.IsDisposed);
    }

    [Test]
    public void Auto_passes_over_what_cannot_be_opened_and_says_why()
    {
        using var notices = new StringWriter();
        using var third = Devices.FirstUsable(4, index => index < 2 ? throw new UserErrorException($"cuda:{index} is busy.") : Devices.Open("cpu", 1), notices);
        Assert.That(third, Is.TypeOf<CpuDevice>());
        Assert.That(notices.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.Length.EqualTo(2).And.All.Contains("is busy"));
        Assert.That(Devices.FirstUsable(0, _ => throw new AssertionException("none is there"), notices), Is.Null);
    }

    [Test]
    public void A_gpu_that_cannot_be_used_is_named_with_the_reason()
    {
        Assert.That(CudaSearch.ObjectionTo("H100", CudaInstructionSet.ISA_80, "12.4"), Is.Null);
        var old = CudaSearch.ObjectionTo("Old GPU", null, "5.0");
        Assert.That(old, Does.Contain("Old GPU").And.Contain("5.0"));
        var (objections, needed) = CudaSearch.Explain(new Driver(3), new Dictionary<int, string?> { [0] = null, [2] = old });
        Assert.That(objections, Is.EqualTo(new[] { "ILGPU doesn't get as far as GPU 1 (GPU of class 1, compute capability 2.1)", old }));
        var message = new CudaSearch([], objections, needed).Missing("cuda:0").Message;
        Assert.That(message, Does.StartWith("Device 'cuda:0' is not there: this machine has 0 CUDA devices that can be used. ").And.Contain(objections[0]).And.Contain(objections[1]).And.EndWith("'cpu' runs everywhere."));
    }

    [Test]
    public void A_machine_without_a_gpu_is_told_what_it_lacks()
    {
        Assert.That(Told(null), Is.EqualTo("Device 'cuda:1' is not there: this machine has 0 CUDA devices. It needs an NVIDIA GPU and its driver (libcuda.so.1); 'cpu' runs everywhere."));
        foreach (var driver in new[] { new Driver(0), new Driver(2) { Started = CudaError.CUDA_ERROR_NO_DEVICE }, new Driver(2) { Counted = CudaError.CUDA_ERROR_NO_DEVICE } })
            Assert.That(Told(driver), Does.Contain("0 CUDA devices. NVIDIA's driver is there, but finds no GPU; 'cpu'"));
        foreach (var driver in new[] { new Driver(2) { Started = CudaError.CUDA_ERROR_NOT_INITIALIZED }, new Driver(2) { Counted = CudaError.CUDA_ERROR_NOT_INITIALIZED } })
            Assert.That(Told(driver), Does.Contain("NVIDIA's driver answers CUDA_ERROR_NOT_INITIALIZED. 'cpu'"));
        Assert.That(Told(new Driver(2) { Missing = true }), Does.Contain("NVIDIA's driver doesn't answer: Unable to find an entry point"));

        static string Told(ICudaDriver? driver)
        {
            var (objections, needed) = CudaSearch.Explain(driver, new Dictionary<int, string?>());
            return new CudaSearch([], objections, needed).Missing("cuda:1").Message;
        }
    }

    /// <summary>A driver with some GPUs.</summary>
    private sealed class Driver(int count) : ICudaDriver
    {
        public CudaError Started { get; init; } = CudaError.CUDA_SUCCESS;

        public CudaError Counted { get; init; } = CudaError.CUDA_SUCCESS;

        public bool Missing { get; init; }

        public CudaError Start() => Missing ? throw new EntryPointNotFoundException("Unable to find an entry point named 'cuInit'.") : Started;

        public CudaError Count(out int found)
        {
            found = count;
            return Counted;
        }

        public (string Name, int Major, int Minor) Describe(int index) => ($"GPU of class {index}", 2, index);
    }

    [Test]
    public void A_device_that_cannot_be_opened_is_a_line_of_the_list()
    {
        using var output = new StringWriter();
        DevicesVerb.Print("cuda:0", _ => throw new UserErrorException("Device 'cuda:0' can't be opened: it is busy."), measure: true, output);
        Assert.That(output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.Length.EqualTo(1).And.All.Contains("it is busy"));
    }

    private static GpuDevice OpenCL()
    {
        var name = TestDevices.Names.FirstOrDefault(name => name.StartsWith("opencl", StringComparison.Ordinal));
        if (name is null) Assert.Ignore("this machine has no OpenCL device");
        return (GpuDevice)Devices.Open(name!);
    }
}
