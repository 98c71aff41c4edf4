using System.Reflection;
using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace LpcEngine.Tests.DeviceLayer;

/// <summary>Kernels as NVIDIA's assembly, made without a GPU as the engine has them made with one.</summary>
internal static class KernelText
{
    private static readonly Context Context = Context.Create(builder => builder.EnableAlgorithms().Optimize(OptimizationLevel.O2));

    /// <summary>The assembly of a kernel.</summary>
    public static string Of(MethodInfo kernel, CudaArchitecture architecture)
    {
        using var backend = Backend(architecture);
        return Compile(backend, kernel).PTXAssembly;
    }

    /// <summary>What compiles for an architecture.</summary>
    public static PTXBackend Backend(CudaArchitecture architecture)
    {
        var capabilities = new CudaCapabilityContext(architecture);
        CudaAdjustments.RaiseTarget(capabilities, architecture);
        return new PTXBackend(Context, capabilities, architecture, CudaInstructionSet.ISA_80, null!);
    }

    /// <summary>Compiles a kernel.</summary>
    public static PTXCompiledKernel Compile(PTXBackend backend, MethodInfo kernel)
    {
        PTXCompiledKernel compiled;
        lock (Context) compiled = (PTXCompiledKernel)backend.Compile(EntryPointDescription.FromExplicitlyGroupedKernel(kernel), Specialization(kernel)); // fixtures that run side by side share it
        CudaAdjustments.Adjust(compiled);
        return compiled;
    }

    /// <summary>The assembly of a kernel that takes an index, as none of ours does.</summary>
    public static string OfImplicitlyGrouped(MethodInfo kernel)
    {
        using var backend = new PTXBackend(Context, new CudaCapabilityContext(CudaArchitecture.SM_80), CudaArchitecture.SM_80, CudaInstructionSet.ISA_80, null!);
        return ((PTXCompiledKernel)backend.Compile(EntryPointDescription.FromImplicitlyGroupedKernel(kernel), new KernelSpecialization(256, null))).PTXAssembly;
    }

    // Kernels with tiles are launched with the tile's threads, all others with at most 256.
    private static KernelSpecialization Specialization(MethodInfo kernel)
    {
        var arguments = kernel.IsGenericMethod ? kernel.GetGenericArguments() : [];
        if (arguments.FirstOrDefault(typeof(IStagedTile).IsAssignableFrom) is { } tile) return new(((IStagedTile)Activator.CreateInstance(tile)!).Threads, null);
        if (arguments.FirstOrDefault(argument => argument.GetInterface(typeof(ITile<>).Name) is not null) is not { } sums) return new(256, null);
        var threads = (int)sums.GetProperty(nameof(ITile<Tile8x8>.Threads))!.GetValue(Activator.CreateInstance(sums))!;
        var groups = (int)typeof(TileShape).GetMethod(nameof(TileShape.GroupsAtOnce))!.MakeGenericMethod(sums).Invoke(null, null)!;
        return new(threads, groups > 0 ? groups : null);
    }
}
