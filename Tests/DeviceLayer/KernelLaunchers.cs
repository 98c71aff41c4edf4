using System.Linq.Expressions;
using System.Reflection;
using System.Reflection.Emit;
using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.IL;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace LpcEngine.Tests.DeviceLayer;

/// <summary>What ILGPU generates to hand a kernel's parameters to CUDA, made and compiled without a GPU.</summary>
/// <remarks>
/// It copies them into a structure of an assembly that it makes at run time (ILGPURuntime), in which each view is a <c>ViewImplementation</c> of its elements. So that assembly must be allowed to see all types
/// among the parameters, elements of views included: public ones, and internal ones of an assembly that names it a friend; never a private nested one. On OpenCL views go as they are, and nothing is found.
/// </remarks>
public sealed class KernelLaunchers
{
    private static readonly Context Context = Context.Create(builder => builder.EnableAlgorithms());

    private static IEnumerable<TestCaseData> Cases => KernelAssembly.Kernels.Select(method => new TestCaseData(method).SetArgDisplayNames(KernelAssembly.NameOf(method)));

    [TestCaseSource(nameof(Cases))]
    public void CUDA_can_be_given_a_kernels_parameters(MethodInfo kernel) => Assert.That(() => Compile(kernel), Throws.Nothing);

    [Test]
    public void A_kernel_with_elements_of_a_private_type_is_found_out() =>
        Assert.That(() => Compile(((Action<ArrayView<Hidden>>)OfHidden).Method), Throws.TypeOf<TypeLoadException>().With.Message.Contains(nameof(Hidden)));

    private static void OfHidden(ArrayView<Hidden> x) => x[0] = new Hidden { A = 1 };

    private struct Hidden
    {
        public float A;
    }

    // As CudaAccelerator.GenerateKernelLauncherMethod, up to the call of the driver.
    private static void Compile(MethodInfo kernel)
    {
        var entry = new EntryPoint(EntryPointDescription.FromExplicitlyGroupedKernel(kernel), default, KernelSpecialization.Empty);
        Type[] parameters = [typeof(Kernel), typeof(AcceleratorStream), typeof(KernelConfig), .. kernel.GetParameters().Select(parameter => parameter.ParameterType)];
        using var backend = KernelText.Backend(CudaArchitecture.SM_80);
        MethodInfo launcher;
        using (Context.RuntimeSystem.DefineRuntimeMethod(typeof(void), parameters, out var method))
        {
            var emitter = new ILEmitter(method.ILGenerator);
            backend.ArgumentMapper.Map(emitter, entry);
            emitter.Emit(OpCodes.Ret);
            emitter.Finish();
            launcher = method.Finish();
        }
        launcher.CreateDelegate(Expression.GetDelegateType([.. parameters, typeof(void)])); // compiles it
    }
}
