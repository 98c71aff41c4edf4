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
    public void A_gpu_for_which_no_code_can_be_written_is_named_with_the_reason()
    {
        Assert.That(CudaSearch.ObjectionTo("H100", CudaArchitecture.SM_90, CudaInstructionSet.ISA_80, "12.4"), Is.Null);
        var unknown = CudaSearch.ObjectionTo("Odd GPU", null, CudaInstructionSet.ISA_80, "12.4");
        var old = CudaSearch.ObjectionTo("Old GPU", CudaArchitecture.SM_30, null, "5.0");
        Assert.That(unknown, Does.Contain("Odd GPU"));
        Assert.That(old, Does.Contain("Old GPU").And.Contain("5.0"));
        Assert.That(new CudaSearch([], [unknown!, old!]).Missing("cuda:0").Message, Does.StartWith("Device 'cuda:0' is not there").And.Contain(unknown).And.Contain(old).And.EndsWith("'cpu' runs everywhere."));
        Assert.That(new CudaSearch([], []).Missing("cuda:1").Message, Is.EqualTo("Device 'cuda:1' is not there: this machine has 0 CUDA devices. It needs an NVIDIA GPU and its driver (libcuda.so.1); 'cpu' runs everywhere."));
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
