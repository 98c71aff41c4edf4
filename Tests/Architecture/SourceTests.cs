using System.Text.RegularExpressions;

namespace LpcEngine.Tests.Architecture;

/// <summary>Rules that every source file keeps.</summary>
public sealed class SourceTests
{
    private const int MostLines = 400;
    private const int LongestLine = 140;

    // Operations whose names are everyday words: an engine without "add" or "scale" in any comment would be an odd one.
    private static readonly string[] EverydayWords = ["add", "scale", "tally", "linear", "cast"];

    private static readonly string[] MoreWords =
        ["convolution", "convolve", @"conv\d*", "conv2d", "batch ?norm(alisation)?", "pooling", "max ?pool", "average ?pool", "softmax", "relu", "swish", "matmul", "gemm", "cross.?entropy", "penalty", "adamw", "augmentation"];

    [Test]
    public void The_engine_names_no_operation()
    {
        var names = LpcEngine.Kernels.Operations.All.Select(spec => spec.Name).Except(EverydayWords).Select(name => Regex.Escape(name).Replace("-", "[- ]?")).Concat(MoreWords);
        var pattern = new Regex($@"\b({string.Join('|', names)})\b|({string.Join('|', PascalNames())})", RegexOptions.IgnoreCase);
        foreach (var file in Repository.Sources("Engine"))
        {
            var found = pattern.Match(File.ReadAllText(file));
            // The word that ISchedule's summary needs; what it names is a number that changes, not what is computed with it.
            if (found.Value == "penalty" && Path.GetFileName(file) == "ISchedule.cs") continue;
            Assert.That(found.Success, Is.False, $"{Repository.Relative(file)} says '{found.Value}'");
        }
    }

    /// <summary>Kernels get their width from <see cref="VectorWidth"/>, so that LPC_SIMD and tests of narrow vectors mean all of them.</summary>
    [Test]
    public void The_width_of_vectors_is_decided_in_one_place()
    {
        string[] exceptions = ["VectorWidth.cs", "SimdWidth.cs", "BatchNormPartials.cs"];
        var pattern = new Regex(@"\bVector<|\bVector\.|IsHardwareAccelerated|case 16:");
        foreach (var file in Repository.Sources("Engine").Concat(Repository.Sources("Kernels")))
        {
            if (exceptions.Contains(Path.GetFileName(file))) continue;
            var found = pattern.Match(File.ReadAllText(file));
            Assert.That(found.Success, Is.False, $"{Repository.Relative(file)} says '{found.Value}'");
        }
    }

    [Test]
    public void Inline_assembly_is_in_one_file() => Assert.That(
        Repository.Sources("Engine").Concat(Repository.Sources("Kernels")).Where(file => File.ReadAllText(file).Contains("CudaAsm.", StringComparison.Ordinal)).Select(Path.GetFileName), Is.EqualTo(new[] { "Ptx.cs" }));

    /// <summary>The width that .editorconfig states, in the projects whose lines all keep it.</summary>
    [Test]
    public void Lines_stay_short()
    {
        foreach (var file in Repository.Sources("Models"))
        {
            var number = 0;
            foreach (var line in File.ReadLines(file))
            {
                number++;
                Assert.That(line.Length, Is.LessThanOrEqualTo(LongestLine), $"{Repository.Relative(file)}, line {number}");
            }
        }
    }

    [Test]
    public void Files_stay_short()
    {
        foreach (var file in Repository.ExistingProjects.SelectMany(Repository.Sources))
            Assert.That(File.ReadLines(file).Count(), Is.LessThanOrEqualTo(MostLines), Repository.Relative(file));
    }

    [Test]
    public void Sizes_are_written_with_a_sign_and_not_with_a_letter()
    {
        var letter = new Regex(@"\}x\{|"" x ""|\d x \d");
        foreach (var file in Repository.ExistingProjects.Where(project => project != "Tests").SelectMany(Repository.Sources))
            Assert.That(letter.Match(File.ReadAllText(file)).Value, Is.Empty, Repository.Relative(file));
    }

    [Test]
    public void No_file_names_a_path_of_some_machine()
    {
        // In pieces, so that this file passes its own test.
        string[] folders = ["work", "root", "home/[a-z]", "Users", "mnt", "opt/[a-z]"];
        var pattern = new Regex($@"(?<![\w.)}}*~:/-])/({string.Join('|', folders)})(/|\b)|[A-Z]:\\{"Users"}");
        foreach (var file in Repository.TextFiles())
        {
            var found = pattern.Match(File.ReadAllText(file));
            Assert.That(found.Success, Is.False, $"{Repository.Relative(file)} says '{found.Value}'");
        }
    }

    [Test]
    public void No_file_names_a_package_source()
    {
        foreach (var file in Repository.TextFiles())
            Assert.That(File.ReadAllText(file), Does.Not.Contain("v3/" + "index.json"), Repository.Relative(file));
    }

    private static IEnumerable<string> PascalNames() =>
        LpcEngine.Kernels.Operations.All.Where(spec => spec.Name.Contains('-')).Select(spec => spec.Name.Replace("-", ""));
}
