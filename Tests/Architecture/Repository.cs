namespace LpcEngine.Tests.Architecture;

/// <summary>The files of the repository that a person writes.</summary>
internal static class Repository
{
    private static readonly string[] Projects = ["Engine", "Kernels", "Models", "Experiments", "Benchmarks", "Tests"];
    private static readonly string[] Made = ["bin", "obj", ".git", ".vs", ".idea", ".gpu", "runs", "data", "TestResults", "BenchmarkDotNet.Artifacts"];
    private static readonly string[] TextEndings = [".cs", ".csproj", ".props", ".targets", ".sln", ".md", ".json", ".yml", ".yaml", ".sh", ".config", ".html", ".editorconfig", ".gitignore", ".runsettings"];

    /// <summary>The folder that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The projects that exist by now.</summary>
    public static IEnumerable<string> ExistingProjects => Projects.Where(name => File.Exists(ProjectFile(name)));

    /// <summary>A project's file.</summary>
    public static string ProjectFile(string name) => Path.Combine(Root, name, name + ".csproj");

    /// <summary>A project's C# files.</summary>
    public static IEnumerable<string> Sources(string project) => Files(Path.Combine(Root, project)).Where(file => file.EndsWith(".cs", StringComparison.Ordinal));

    /// <summary>All text files, those without an ending included (scripts).</summary>
    public static IEnumerable<string> TextFiles() => Files(Root).Where(file => Path.GetExtension(file) is var ending && (ending.Length == 0 || TextEndings.Contains(ending)));

    /// <summary>A path as messages show it.</summary>
    public static string Relative(string file) => Path.GetRelativePath(Root, file);

    private static IEnumerable<string> Files(string folder) => !Directory.Exists(folder)
        ? []
        : Directory.EnumerateFiles(folder).Concat(Directory.EnumerateDirectories(folder).Where(inner => !Made.Contains(Path.GetFileName(inner))).SelectMany(Files));

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "LpcEngine.sln"))) return folder.FullName;
        throw new InvalidOperationException("These tests read the sources: they must run from within the repository.");
    }
}
