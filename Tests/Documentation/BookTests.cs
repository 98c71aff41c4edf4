using System.Text.RegularExpressions;
using LpcEngine.Tests.Architecture;

namespace LpcEngine.Tests.Documentation;

/// <summary>What the pages show is what there is: code, commands, links, the index.</summary>
public sealed partial class BookTests
{
    private const string Index = "docs/README.md";

    private static IEnumerable<TestCaseData> Pages => Page.All.Select(page => new TestCaseData(page.Name).SetArgDisplayNames(page.Name));

    /// <summary>A line that holds nothing but "…" in a comment stands for what was left out.</summary>
    [TestCaseSource(nameof(Pages))]
    public void Code_stands_in_the_file_that_the_line_above_names(string name)
    {
        foreach (var block in Page.Named(name).Blocks.Where(block => block.Language == "csharp"))
        {
            Assert.That(block.Source, Is.Not.Null, $"{block}: the line above must name a source file");
            var path = Path.Combine(Repository.Root, block.Source!);
            // The file that the page has its reader write is built by another test.
            if (!File.Exists(path) && name == "docs/adding-an-operation.md") continue;
            Assert.That(path, Does.Exist, $"{block}");
            var (source, at) = (Squeezed(File.ReadAllText(path)), 0);
            foreach (var part in LeftOut().Split(block.Text).Select(Squeezed).Where(part => part.Length > 0))
            {
                var found = source.IndexOf(part, at, StringComparison.Ordinal);
                Assert.That(found, Is.GreaterThanOrEqualTo(0), $"{block}: {block.Source} has not, at this place:\n{part}");
                at = found + part.Length;
            }
        }
    }

    [TestCaseSource(nameof(Pages))]
    public void Blocks_are_code_of_a_known_kind(string name)
    {
        foreach (var block in Page.Named(name).Blocks) Assert.That(block.Language, Is.AnyOf("csharp", "", "json"), $"{block}");
    }

    [TestCaseSource(nameof(Pages))]
    public void Commands_are_understood(string name)
    {
        foreach (var (where, project, arguments) in Commands.Of(Page.Named(name))) Assert.That(() => Commands.Check(project, arguments), Throws.Nothing, where);
    }

    [TestCase("Experiments", "synthetic10 lpc-narrow --gama-max 1")]
    [TestCase("Experiments", "synthetic10 lpc-narow --gamma-max 1")]
    [TestCase("Experiments", "syntetic10 lpc-narrow")]
    [TestCase("Experiments", "sweep synthetic10 --sedes 3")]
    [TestCase("Benchmarks", "throughput resnet18 --batch 128 --profil")]
    [TestCase("Benchmarks", "--filter *Swash*")]
    public void A_slip_in_a_command_would_be_found(string project, string line) => Assert.That(() => Commands.Check(project, line.Split(' ')), Throws.Exception);

    [TestCaseSource(nameof(Pages))]
    public void Links_lead_somewhere(string name)
    {
        var page = Page.Named(name);
        var folder = Path.GetDirectoryName(Path.Combine(Repository.Root, name))!;
        foreach (var (number, file, heading) in page.Links)
        {
            var path = file.Length == 0 ? Path.Combine(Repository.Root, name) : Path.GetFullPath(Path.Combine(folder, file));
            Assert.That(File.Exists(path) || Directory.Exists(path), $"{name}, line {number}: there is no {file}");
            if (heading.Length > 0) Assert.That(Page.Named(Repository.Relative(path)).Headings, Does.Contain(heading), $"{name}, line {number}: {file} has no such heading");
        }
    }

    [TestCaseSource(nameof(Pages))]
    public void Folders_and_files_that_are_named_exist(string name)
    {
        foreach (var (number, line) in Page.Named(name).Prose)
            foreach (Match path in NamedPath().Matches(line))
            {
                var full = Path.Combine(Repository.Root, path.Groups[1].Value);
                var isWritten = name == "docs/adding-an-operation.md" && path.Groups[1].Value.StartsWith("Kernels/HardSwish", StringComparison.Ordinal);
                Assert.That(isWritten || File.Exists(full) || Directory.Exists(full) || File.Exists(full + ".cs"), $"{name}, line {number}: there is no {path.Groups[1].Value}");
            }
    }

    [Test]
    public void The_index_lists_every_page_of_the_book()
    {
        var listed = Page.Named(Index).Links.Select(link => link.File).Where(file => !file.StartsWith("..", StringComparison.Ordinal)).Distinct();
        var there = Page.All.Where(page => page.Name.StartsWith("docs/", StringComparison.Ordinal) && page.Name != Index).Select(page => page.Name["docs/".Length..]);
        Assert.That(listed.Where(file => file.EndsWith(".md", StringComparison.Ordinal)), Is.EquivalentTo(there));
    }

    [Test]
    public void Chapters_come_in_the_order_of_their_numbers()
    {
        var numbers = Page.Named(Index).Links.Select(link => Path.Combine("docs", link.File)).Where(file => Page.All.Any(page => page.Name == file))
            .Select(file => ChapterNumber().Match(Page.Named(file).Lines[0])).Where(match => match.Success).Select(match => int.Parse(match.Groups[1].Value));
        Assert.That(numbers, Is.EqualTo(Enumerable.Range(1, 9)));
    }

    private static string Squeezed(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    [GeneratedRegex(@"^\s*// …\s*$", RegexOptions.Multiline)]
    private static partial Regex LeftOut();

    [GeneratedRegex(@"`((?:Engine|Kernels|Models|Experiments|Benchmarks|Tests|docs)/[\w/.-]+)`")]
    private static partial Regex NamedPath();

    [GeneratedRegex(@"^# (\d+)\. ")]
    private static partial Regex ChapterNumber();
}
