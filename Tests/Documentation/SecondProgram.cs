using System.Reflection;
using System.Runtime.Loader;

namespace LpcEngine.Tests.Documentation;

/// <summary>The whole program once more in this process, with another assembly in the place of one of its own.</summary>
/// <param name="replacement">The other assembly; its file has the name of the one that it stands for.</param>
/// <remarks>Everything beside the tests is loaded anew, ILGPU as well: what it generates refers to kernels by the name of their assembly. The test framework stays one, so that its assertions count.</remarks>
internal sealed class SecondProgram(string replacement) : AssemblyLoadContext("second program")
{
    private const string Shared = "nunit.framework";

    /// <summary>A type by the names of its assembly and its own.</summary>
    public Type Type(string assembly, string name) => LoadFromAssemblyName(new AssemblyName(assembly)).GetType(name, throwOnError: true)!;

    /// <summary>Runs a command that must succeed.</summary>
    /// <returns>Its standard output.</returns>
    public string Run(string project, params string[] arguments)
    {
        var before = Console.Out;
        using var output = new StringWriter();
        try
        {
            Console.SetOut(output);
            var code = Type(project, $"LpcEngine.{project}.Program").GetMethod("Main")!.Invoke(null, [arguments]);
            Assert.That(code, Is.Zero, $"{string.Join(' ', arguments)}\n{output}");
        }
        finally
        {
            Console.SetOut(before);
        }
        return output.ToString();
    }

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        if (assemblyName.Name == Shared) return null;
        var path = assemblyName.Name == Path.GetFileNameWithoutExtension(replacement) ? replacement : Path.Combine(TestContext.CurrentContext.TestDirectory, $"{assemblyName.Name}.dll");
        return File.Exists(path) ? LoadFromAssemblyPath(path) : null;
    }
}
