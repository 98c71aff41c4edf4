using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;

namespace LpcEngine.Tests.Architecture;

/// <summary>The arrows of the house: Experiments → Models → Kernels → Engine → ILGPU and the base class library.</summary>
public sealed class DependencyTests
{
    private static readonly string[] Order = ["Engine", "Kernels", "Models", "Experiments"];

    [TestCase("Engine")]
    [TestCase("Kernels")]
    [TestCase("Models")]
    [TestCase("Experiments")]
    public void A_project_refers_only_to_those_below_it(string project)
    {
        Assert.That(Repository.ProjectFile(project), Does.Exist);
        var below = Order[..Array.IndexOf(Order, project)];
        Assert.That(References(project, "ProjectReference").Select(Path.GetFileNameWithoutExtension), Is.SubsetOf(below));
    }

    [TestCase("Engine")]
    [TestCase("Kernels")]
    public void The_core_depends_on_ILGPU_and_the_base_class_library_alone(string project)
    {
        Assert.That(References(project, "PackageReference"), Is.SubsetOf(new[] { "ILGPU", "ILGPU.Algorithms" }));
        foreach (var name in AssemblyReferences(project))
            Assert.That(name is "ILGPU" or "ILGPU.Algorithms" or "Engine" or "netstandard" || name.StartsWith("System.", StringComparison.Ordinal), $"{project} uses {name}");
    }

    [TestCase("Models")]
    [TestCase("Experiments")]
    public void No_ILGPU_type_appears_above_the_kernels(string project)
    {
        Assert.That(References(project, "PackageReference"), Has.None.StartsWith("ILGPU"));
        Assert.That(AssemblyReferences(project), Has.None.StartsWith("ILGPU"));
        foreach (var file in Repository.Sources(project))
            Assert.That(File.ReadAllText(file), Does.Not.Match(@"(using|global::)\s*ILGPU|GpuDevice\b"), Repository.Relative(file));
    }

    [Test]
    public void Package_versions_stand_in_one_file()
    {
        foreach (var project in Repository.ExistingProjects)
            Assert.That(XDocument.Load(Repository.ProjectFile(project)).Descendants("PackageReference").Attributes("Version"), Is.Empty, project);
    }

    private static List<string> References(string project, string kind) => File.Exists(Repository.ProjectFile(project))
        ? XDocument.Load(Repository.ProjectFile(project)).Descendants(kind).Select(element => element.Attribute("Include")!.Value.Replace('\\', '/')).ToList()
        : [];

    // What the compiled code really uses; the compiler leaves out what is only offered.
    private static List<string> AssemblyReferences(string project)
    {
        var file = Path.Combine(AppContext.BaseDirectory, $"{project}.dll");
        if (!File.Exists(file)) return [];
        using var reader = new PEReader(File.OpenRead(file));
        var metadata = reader.GetMetadataReader();
        return metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name)).ToList();
    }
}
