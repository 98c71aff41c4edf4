using System.Text.RegularExpressions;
using LpcEngine.Tests.Architecture;

namespace LpcEngine.Tests.Documentation;

/// <summary>A Markdown page of the repository.</summary>
/// <param name="Name">Its path from the root.</param>
/// <param name="Lines">Its lines.</param>
internal sealed partial record Page(string Name, string[] Lines)
{
    /// <summary>All pages that readers have: those at the root and those in docs.</summary>
    public static IReadOnlyList<Page> All { get; } = [.. Directory.EnumerateFiles(Repository.Root, "*.md").Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md"))
        .Order(StringComparer.Ordinal).Select(path => new Page(Repository.Relative(path), File.ReadAllLines(path)))];

    /// <summary>A page by its path from the root.</summary>
    public static Page Named(string name) => All.Single(page => page.Name == name);

    /// <summary>Its fenced blocks.</summary>
    public IReadOnlyList<Block> Blocks
    {
        get
        {
            var blocks = new List<Block>();
            for (var i = 0; i < Lines.Length; i++)
            {
                if (!Lines[i].StartsWith("```", StringComparison.Ordinal)) continue;
                var end = Array.FindIndex(Lines, i + 1, line => line == "```");
                Assert.That(end, Is.Positive, $"{Name}, line {i + 1}: the block does not end");
                var above = Lines.Take(i).LastOrDefault(line => line.Length > 0) ?? "";
                var source = SourceName().Matches(above).LastOrDefault()?.Groups[1].Value;
                blocks.Add(new(this, i + 1, Lines[i][3..].Trim(), source, string.Join('\n', Lines[(i + 1)..end]) + "\n"));
                i = end;
            }
            return blocks;
        }
    }

    /// <summary>Its lines outside fenced blocks, numbered from 1.</summary>
    public IEnumerable<(int Number, string Line)> Prose
    {
        get
        {
            var fenced = false;
            for (var i = 0; i < Lines.Length; i++)
            {
                if (Lines[i].StartsWith("```", StringComparison.Ordinal)) fenced = !fenced;
                else if (!fenced) yield return (i + 1, Lines[i]);
            }
        }
    }

    /// <summary>What its links point to: the file, relative to the page and empty for the page itself, and the heading, empty for none.</summary>
    public IEnumerable<(int Number, string File, string Heading)> Links =>
        from line in Prose
        from Match link in Link().Matches(InlineCode().Replace(line.Line, ""))
        let target = link.Groups[1].Value
        where !target.Contains("://")
        let parts = target.Split('#', 2)
        select (line.Number, parts[0], parts.Length == 2 ? parts[1] : "");

    /// <summary>The names that its headings have in links: lower case, without punctuation, hyphens for spaces.</summary>
    public IEnumerable<string> Headings => Prose.Where(line => line.Line.StartsWith('#')).Select(line => Punctuation().Replace(line.Line.TrimStart('#').Trim().ToLowerInvariant(), "").Replace(' ', '-'));

    [GeneratedRegex(@"(?:\.\./)*((?:\w+/)+[\w.]+\.cs)\b")]
    private static partial Regex SourceName();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("(?<!\\[)`[^`]*`(?!\\])")]
    private static partial Regex InlineCode();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex Punctuation();
}

/// <summary>A fenced block.</summary>
/// <param name="Page">Where it stands.</param>
/// <param name="Line">Line of its fence, from 1.</param>
/// <param name="Language">After the fence.</param>
/// <param name="Source">The C# file, from the root, that the line above names last; null for none.</param>
/// <param name="Text">Its lines.</param>
internal sealed record Block(Page Page, int Line, string Language, string? Source, string Text)
{
    /// <summary>Where it stands, for messages.</summary>
    public override string ToString() => $"{Page.Name}, line {Line}";
}
