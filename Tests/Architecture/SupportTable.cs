namespace LpcEngine.Tests.Architecture;

/// <summary>The README's table of operations follows from their declarations.</summary>
public sealed class SupportTable
{
    private const string Begin = "<!-- ops -->", End = "<!-- /ops -->";

    [Test]
    public void The_readme_shows_the_operations_as_they_are_declared()
    {
        var path = Path.Combine(Repository.Root, "README.md");
        Assert.That(path, Does.Exist);
        var text = File.ReadAllText(path).ReplaceLineEndings("\n");
        var (begin, end) = (text.IndexOf(Begin, StringComparison.Ordinal), text.IndexOf(End, StringComparison.Ordinal));
        var shown = begin >= 0 && end > begin ? text[(begin + Begin.Length)..end].Trim() : null;
        Assert.That(shown, Is.EqualTo(OperationTable.Markdown().Trim()), $"Between {Begin} and {End}, README.md must hold exactly this table:\n\n{OperationTable.Markdown()}\n");
    }
}
