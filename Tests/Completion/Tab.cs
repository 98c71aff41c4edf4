using LpcEngine.Tests.Experiments;

namespace LpcEngine.Tests.Completion;

/// <summary>What the program answers when Tab is pressed, asked as the shells' scripts ask.</summary>
internal static class Tab
{
    /// <summary>bash's own COMP_WORDBREAKS.</summary>
    public const string Breaks = " \t\n\"'@><=;|&(:";

    /// <summary>The answer at the end of some words.</summary>
    /// <param name="words">The words, the last one up to the cursor.</param>
    public static Reply After(params string[] words) => Reply.Of(Cli.Succeed(["complete", "fish", "--", .. words[..^1], words[^1].Replace(" ", "\\ ")]));

    /// <summary>The answer at the end of a line of bash.</summary>
    public static Reply AfterLine(string line, string breaks = Breaks) => Reply.Of(Cli.Succeed("complete", "bash", $"--breaks={breaks}", "--", line));
}

/// <summary>An answer.</summary>
/// <param name="Paths">none, folders or files.</param>
/// <param name="Lead">What stands before each candidate, and before a path.</param>
/// <param name="Path">What there is of a path.</param>
/// <param name="Texts">The candidates, without what stands before them.</param>
/// <param name="Descriptions">Their descriptions.</param>
internal sealed record Reply(string Paths, string Lead, string Path, string[] Texts, string[] Descriptions)
{
    /// <summary>The candidates as whole words.</summary>
    public string[] Words => [.. Texts.Select(text => Lead + text)];

    /// <summary>Reads it.</summary>
    public static Reply Of(string output)
    {
        var lines = output.Split('\n');
        Assert.That(lines, Has.Length.GreaterThanOrEqualTo(4).And.Exactly(1).Empty.Or.Some.Empty);
        var candidates = lines[3..^1].Select(line => line.Split('\t')).ToArray();
        Assert.That(candidates, Has.All.Length.EqualTo(2));
        return new Reply(lines[0], lines[1], lines[2], [.. candidates.Select(pair => pair[0])], [.. candidates.Select(pair => pair[1])]);
    }
}
