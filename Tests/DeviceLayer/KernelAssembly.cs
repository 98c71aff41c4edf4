using System.Reflection;
using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace LpcEngine.Tests.DeviceLayer;

/// <summary>Every GPU kernel, compiled to NVIDIA's assembly without a GPU: it must compile, call nothing that isn't there, and keep its values in registers.</summary>
/// <remarks>A kernel is a static method whose name ends in Kernel and that takes views of device memory; so new operations are found by themselves.</remarks>
public sealed class KernelAssembly
{
    private static readonly Context Context = Context.Create(builder => builder.EnableAlgorithms().Optimize(OptimizationLevel.O2));

    private static IEnumerable<MethodInfo> Kernels =>
        from assembly in new[] { typeof(Tensor).Assembly, typeof(OpSpec).Assembly }
        from type in assembly.GetTypes()
        from method in type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
        where method.Name.EndsWith("Kernel", StringComparison.Ordinal) && method.GetParameters().Any(parameter => HoldsView(parameter.ParameterType))
        select method;

    private static IEnumerable<TestCaseData> Cases =>
        from architecture in new[] { CudaArchitecture.SM_80, CudaArchitecture.SM_90 }
        from method in Kernels
        select new TestCaseData(method, architecture).SetArgDisplayNames($"{method.DeclaringType!.Name}.{method.Name}", architecture.ToString());

    [OneTimeTearDown]
    public void Close() => Context.Dispose();

    [Test]
    public void Kernels_are_found() => Assert.That(Kernels.Count(), Is.GreaterThan(5));

    [TestCaseSource(nameof(Cases))]
    public void A_kernel_compiles_without_local_memory_and_without_missing_functions(MethodInfo method, CudaArchitecture architecture)
    {
        var text = Compile(method, architecture);
        Assert.Multiple(() =>
        {
            Assert.That(text, Does.Not.Contain(".extern .func"), "calls a function that no library has (MathF.FusedMultiplyAdd becomes one)");
            Assert.That(Lines(text, ".local"), Is.Empty, "keeps values in local memory: an array, or a reference to a struct that ILGPU could not split");
        });
    }

    /// <summary>The inner product must be what it was designed to be: wide reads of shared memory, wide reads of the operands.</summary>
    [TestCase("GatheredRowsGpu", 3, 3)]
    [TestCase("GatheredColumnsGpu", 3, 3)]
    public void Tile_products_read_sixteen_bytes_at_a_time(string type, int sharedReads, int globalReads)
    {
        var method = Kernels.Single(method => method.DeclaringType!.Name == type && method.Name == "ProductKernel");
        var text = Compile(method, CudaArchitecture.SM_80);
        Assert.That(Lines(text, "ld.shared.v4").Count, Is.GreaterThanOrEqualTo(sharedReads));
        Assert.That(Lines(text, "ld.global.v4").Count, Is.GreaterThanOrEqualTo(globalReads));
        Assert.That(Lines(text, "ld.shared.f32"), Is.Empty);
    }

    private static string Compile(MethodInfo method, CudaArchitecture architecture)
    {
        using var backend = new PTXBackend(Context, new CudaCapabilityContext(architecture), architecture, CudaInstructionSet.ISA_80, null!);
        var first = method.GetParameters()[0].ParameterType;
        var entry = first == typeof(Index1D) || first == typeof(Index2D) || first == typeof(Index3D)
            ? EntryPointDescription.FromImplicitlyGroupedKernel(method)
            : EntryPointDescription.FromExplicitlyGroupedKernel(method);
        return ((PTXCompiledKernel)backend.Compile(entry, new KernelSpecialization(256, null))).PTXAssembly;
    }

    private static List<string> Lines(string text, string part) => text.Split('\n').Where(line => line.Contains(part, StringComparison.Ordinal)).ToList();

    // Parameters are views, or structs with views among their fields.
    private static bool HoldsView(Type type) => type == typeof(ArrayView<float>) || type == typeof(ArrayView<int>) || type == typeof(ArrayView<byte>)
        || (type is { IsValueType: true, IsPrimitive: false, IsGenericType: false } && type.GetFields().Any(field => field.FieldType != type && HoldsView(field.FieldType)));
}
