using System.Diagnostics;
using System.Reflection;
using LpcEngine.Tests.Architecture;

namespace LpcEngine.Tests.Documentation;

/// <summary>docs/adding-an-operation.md, followed to the letter: its file is put into Kernels, which is built, and the four checks find the operation.</summary>
/// <remarks>The checks are those of all operations. Everything but the test framework is loaded a second time, together with the new Kernels.</remarks>
[TestFixture]
public sealed class AddingAnOperation
{
    private const string Name = "hard-swish";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private TemporaryFolder folder = null!;
    private SecondProgram program = null!;
    private object spec = null!;

    [OneTimeSetUp]
    public void Add_the_file_and_build()
    {
        folder = new TemporaryFolder();
        var block = Page.Named("docs/adding-an-operation.md").Blocks.Single(block => block.Language == "csharp" && !File.Exists(Path.Combine(Repository.Root, block.Source!)));
        program = new SecondProgram(Build(block.Source!, block.Text));
        spec = ((System.Collections.IEnumerable)Property(program.Type("Kernels", "LpcEngine.Kernels.Operations"), "All")).Cast<object>().Single(spec => $"{spec.GetType().GetProperty("Name")!.GetValue(spec)}" == Name);
    }

    [OneTimeTearDown]
    public void Clean()
    {
        // The second program has devices of its own.
        var open = program?.Type("Tests", typeof(TestDevices).FullName!).GetField("Open", BindingFlags.NonPublic | BindingFlags.Static)!.GetValue(null);
        foreach (IDisposable device in ((System.Collections.IDictionary?)open)?.Values ?? Array.Empty<IDisposable>()) device.Dispose();
        folder?.Dispose();
    }

    [Test]
    public void The_gradient_check_finds_it() => Assert.That(RunCases("LpcEngine.Tests.Operations.GradientChecks", "Cases", "The_derivative_equals_central_differences"), Is.GreaterThanOrEqualTo(4));

    [Test]
    public void Its_kernels_are_compared_on_every_device_and_at_every_width()
    {
        Assert.That(RunCases("LpcEngine.Tests.Operations.DeviceAgreement", "Cases", "Kernels_agree_with_the_reference"), Is.GreaterThanOrEqualTo(4 * TestDevices.Names.Count));
        Assert.That(RunCases("LpcEngine.Tests.Operations.DeviceAgreement", "NarrowCases", "Narrow_vectors_agree_with_the_reference"), Is.EqualTo(8));
    }

    [Test]
    public void The_benchmarks_have_its_rows()
    {
        var rows = program.Run("Benchmarks", "--filter", Name, "--list").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(rows, Has.Length.EqualTo(4).And.All.StartWith("HardSwish."), "two shapes, forward and backward");
    }

    [Test]
    public void The_support_table_lists_it()
    {
        var line = program.Run("Experiments", "devices", "--ops").Split('\n').Single(line => line.StartsWith($"{Name} ", StringComparison.Ordinal));
        Assert.That(line.Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), Is.EqualTo((string[])[Name, "fp32", "fp32, bf16", "fp32, bf16", "fp32, bf16", "memory", "y = x·clip(x + 3, 0, 6)/6"]));
    }

    /// <summary>Runs the cases of a check that concern the new operation.</summary>
    /// <returns>How many they are.</returns>
    private int RunCases(string check, string source, string method)
    {
        var type = program.Type("Tests", check);
        var declared = ((System.Collections.IEnumerable)spec.GetType().GetProperty("Cases")!.GetValue(spec)!).Cast<object>().ToHashSet(ReferenceEqualityComparer.Instance);
        var cases = ((IEnumerable<TestCaseData>)Property(type, source)).Where(data => data.Arguments.Any(argument => argument is not null && declared.Contains(argument))).ToArray();
        foreach (var data in cases) type.GetMethod(method)!.Invoke(Activator.CreateInstance(type), data.Arguments);
        return cases.Length;
    }

    private static object Property(Type type, string name) => type.GetProperty(name, BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static)!.GetValue(null)!;

    // The project as it is, with one file more; the Engine that it needs is there already.
    private string Build(string source, string text)
    {
        foreach (var name in (string[])["Directory.Build.props", "Directory.Packages.props", ".editorconfig"]) File.Copy(Path.Combine(Repository.Root, name), folder[name]);
        foreach (var file in Repository.Sources("Kernels").Append(Repository.ProjectFile("Kernels")))
        {
            var copy = folder[Repository.Relative(file)];
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
        Directory.CreateDirectory(Path.GetDirectoryName(folder[source])!);
        File.WriteAllText(folder[source], text);
        const string Reference = "<ProjectReference Include=\"../Engine/Engine.csproj\" />";
        var project = File.ReadAllText(folder["Kernels/Kernels.csproj"]);
        Assert.That(project, Does.Contain(Reference));
        var assemblies = string.Concat(((string[])["Engine", "ILGPU", "ILGPU.Algorithms"]).Select(name => $"<Reference Include=\"{name}\" HintPath=\"{Path.Combine(TestContext.CurrentContext.TestDirectory, name)}.dll\" />"));
        File.WriteAllText(folder["Kernels/Kernels.csproj"], project.Replace(Reference, assemblies));
        Dotnet("build", folder["Kernels/Kernels.csproj"], "-c", "Release", "-o", folder["built"], "-nodeReuse:false", "-p:UseSharedCompilation=false");
        return Path.Combine(folder["built"], "Kernels.dll");
    }

    private static void Dotnet(params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        // What the tests' own start has left for its children is not this one's.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToArray()) start.Environment.Remove(name);
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail("the build does not end");
        }
        Assert.That(process.ExitCode, Is.Zero, $"{output.Result}\n{error.Result}");
    }
}
