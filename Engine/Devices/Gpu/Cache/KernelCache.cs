using System.Reflection;
using ILGPU;
using ILGPU.Backends;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.OpenCL;
using ILGPU.Backends.PTX;
using ILGPU.IR.Types;
using ILGPU.Runtime;

namespace LpcEngine.Engine;

/// <summary>Takes compiled kernels to the disk and back.</summary>
/// <remarks>
/// ILGPU 1.5.3 has no such cache, and its text is not the same in two processes: names in it count what was compiled before. A kernel that comes from the disk skips ILGPU's compiler, and
/// its text is the same to the byte, which is what the driver's own cache of binaries looks for.
/// </remarks>
/// <param name="backend">The device's compiler.</param>
/// <param name="device">What its text depends on besides (<see cref="KernelKey.Of"/>).</param>
/// <param name="folder">Where they lie.</param>
internal sealed class KernelCache(Backend backend, string device, KernelFolder folder)
{
    // A view is two arguments in OpenCL: the buffer, and the element where the view starts.
    private const int FieldsOfView = 2;

    /// <summary>A kernel that was kept, ready to be loaded.</summary>
    /// <param name="entry">The kernel's method.</param>
    /// <param name="specialization">Bounds of its launches.</param>
    /// <returns>The kernel; null where it has to be compiled.</returns>
    public CompiledKernel? Find(EntryPointDescription entry, KernelSpecialization specialization)
    {
        if (KernelKey.Of(backend, device, entry.MethodSource, specialization) is not { } key || folder.Find(key) is not { } stored) return null;
        var shared = new SharedMemorySpecification(stored.SharedBytes, stored.HasDynamicShared);
        return backend switch
        {
            CLBackend cl => new CLCompiledKernel(backend.Context, new SeparateViewEntryPoint(entry, shared, specialization, TypesOf(backend.Context), FieldsOfView), null, stored.Text, cl.CLStdVersion),
            PTXBackend => NewPtx(backend.Context, new EntryPoint(entry, shared, specialization), stored.Text),
            _ => null,
        };
    }

    /// <summary>Keeps a kernel for the next start, as it is about to be loaded.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <returns>Whether it is kept.</returns>
    public bool Keep(CompiledKernel kernel)
    {
        if (KernelKey.Of(backend, device, kernel.SourceMethod, kernel.Specialization) is not { } key) return false;
        var shared = EntryOf(kernel).SharedMemory;
        var text = kernel switch { CLCompiledKernel cl => cl.Source, PTXCompiledKernel ptx => ptx.PTXAssembly, _ => null };
        return text is not null && folder.Keep(key, new StoredKernel(text, shared.StaticSize, shared.HasDynamicMemory));
    }

    // ILGPU keeps three things to itself that it would need no other way for.
    private const BindingFlags Hidden = BindingFlags.Instance | BindingFlags.NonPublic;

    private static EntryPoint EntryOf(CompiledKernel kernel) => (EntryPoint)Property(typeof(CompiledKernel), "EntryPoint").GetValue(kernel)!;

    private static TypeInformationManager TypesOf(Context context) => (TypeInformationManager)Property(typeof(Context), "TypeContext").GetValue(context)!;

    private static CompiledKernel NewPtx(Context context, EntryPoint entry, string text)
    {
        var constructor = typeof(PTXCompiledKernel).GetConstructor(Hidden, [typeof(Context), typeof(EntryPoint), typeof(CompiledKernel.KernelInfo), typeof(string)])
            ?? throw Changed($"{nameof(PTXCompiledKernel)}'s constructor");
        return (CompiledKernel)constructor.Invoke([context, entry, null, text]);
    }

    private static PropertyInfo Property(Type type, string name) => type.GetProperty(name, Hidden) ?? throw Changed($"{type.Name}.{name}");

    private static InvalidOperationException Changed(string what) => new($"ILGPU's {what} is no longer there; this ILGPU is not the version that the cache of kernels was written for.");
}
