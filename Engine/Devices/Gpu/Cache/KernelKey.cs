using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using ILGPU;
using ILGPU.Backends;
using ILGPU.Backends.OpenCL;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;

namespace LpcEngine.Engine;

/// <summary>Everything that a kernel's text follows from, in lines: the method, the versions of all code that can be part of it, and what it is compiled for.</summary>
/// <remarks>
/// An assembly's version here is the identifier of its module, which changes with every change of its source. The compiler takes in methods of any assembly, so the kernel's own, all that it
/// refers to, and .NET's library take part. What kernels read of static read-only fields is compiled in as well; it must be the same in every process.
/// </remarks>
internal static class KernelKey
{
    private static readonly ConcurrentDictionary<Assembly, string[]> Versions = new();

    /// <summary>The key of a kernel.</summary>
    /// <param name="backend">Compiles it.</param>
    /// <param name="device">What else the text depends on: on OpenCL the device and its driver.</param>
    /// <param name="method">The kernel.</param>
    /// <param name="specialization">Bounds of its launches.</param>
    /// <returns>Lines without an empty one; null for a backend whose kernels are no text.</returns>
    public static string? Of(Backend backend, string device, MethodInfo method, KernelSpecialization specialization)
    {
        if (Target(backend) is not { } target) return null;
        var assemblies = Types(method).SelectMany(Assemblies).Append(typeof(Context).Assembly).Distinct();
        return string.Join('\n', (string[])
        [
            $"kernel {NameOf(method)}",
            $"target {target}{(device.Length > 0 ? $" on {OneLine(device)}" : "")}",
            string.Create(CultureInfo.InvariantCulture, $"launch {specialization.MaxNumThreadsPerGroup ?? 0} {specialization.MinNumGroupsPerMultiprocessor ?? 0}"),
            .. assemblies.SelectMany(VersionsBelow).Append($"assembly {VersionOf(typeof(object).Assembly)}").Distinct().Order(StringComparer.Ordinal),
        ]);
    }

    private static string? Target(Backend backend) => backend switch
    {
        PTXBackend ptx => $"ptx {ptx.Architecture} as {ptx.Capabilities.TargetArchitecture}, instructions {ptx.InstructionSet}",
        CLBackend cl => OneLine($"opencl {cl.Vendor} {cl.CLStdVersion}, {string.Join(' ', cl.Capabilities.Extensions)}"),
        _ => null,
    };

    private static string NameOf(MethodInfo method) =>
        OneLine($"{method.DeclaringType!.AssemblyQualifiedName} :: {method.Name} <{Names(method.GetGenericArguments())}> ({Names(method.GetParameters().Select(parameter => parameter.ParameterType))})");

    private static string Names(IEnumerable<Type> types) => string.Join("; ", types.Select(type => type.AssemblyQualifiedName));

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");

    private static IEnumerable<Type> Types(MethodInfo method) => [method.DeclaringType!, .. method.GetGenericArguments(), .. method.GetParameters().Select(parameter => parameter.ParameterType)];

    private static IEnumerable<Assembly> Assemblies(Type type) => type.GetGenericArguments().SelectMany(Assemblies).Prepend(type.Assembly);

    private static string[] VersionsBelow(Assembly assembly) => Versions.GetOrAdd(assembly, static root =>
    {
        var found = new HashSet<Assembly>();
        Add(root);
        return [.. found.Select(assembly => $"assembly {VersionOf(assembly)}")];

        void Add(Assembly assembly)
        {
            if (IsOfDotNet(assembly.GetName()) || !found.Add(assembly)) return;
            foreach (var name in assembly.GetReferencedAssemblies())
                if (!IsOfDotNet(name) && Loaded(name) is { } next) Add(next);
        }
    });

    // .NET comes as a whole: its core library speaks for all of it.
    private static bool IsOfDotNet(AssemblyName name) => name.Name is "netstandard" or "mscorlib" || name.Name!.StartsWith("System.", StringComparison.Ordinal);

    private static string VersionOf(Assembly assembly) => $"{assembly.GetName().Name} {assembly.GetName().Version} {assembly.ManifestModule.ModuleVersionId:N}";

    // What is not there can't be part of a kernel.
    private static Assembly? Loaded(AssemblyName name)
    {
        try { return Assembly.Load(name); }
        catch (Exception problem) when (problem is IOException or BadImageFormatException) { return null; }
    }
}
