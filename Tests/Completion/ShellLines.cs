using System.Diagnostics;
using LpcEngine.Experiments.Completion;

namespace LpcEngine.Tests.Completion;

/// <summary>A line is split as a shell splits it.</summary>
public sealed class ShellLines
{
    [TestCase("lpc cifar10 lp", "cifar10", "lp", 0)]
    [TestCase("lpc cifar10 ", "cifar10", "", 0)]
    [TestCase("lpc folder:my\\ d", "", "folder:my d", 7)]
    [TestCase("lpc 'folder:my d", "", "folder:my d", 0)]
    [TestCase("lpc folder:\"my d", "", "folder:my d", 7)]
    [TestCase("lpc lp\"c-n", "", "lpc-n", 2)]
    [TestCase("lpc \"folder:my\" lp", "folder:my", "lp", 0)]
    [TestCase("lpc --out=\"a b\"/c", "", "--out=a b/c", 6)]
    [TestCase("LPC_DATA=x lpc cif", "", "cif", 0)]
    [TestCase("lpc cifar10\\", "", "cifar10", 0)]
    public void Words_lose_their_quotes_and_bash_leaves_alone_what_stands_before_a_break(string line, string before, string word, int aside)
    {
        var split = ShellLine.Split(line, Tab.Breaks);
        Assert.That((string.Join('|', split.Before), split.Word, split.Aside), Is.EqualTo((before, word, aside)));
    }

    /// <summary>bash itself says what the words are.</summary>
    [Test]
    public void Random_lines_have_the_words_that_bash_makes_of_them()
    {
        if (Shells.Find("bash") is not { } bash) { Assert.Ignore("this machine has no bash"); return; }
        var random = new Random(7);
        var lines = Enumerable.Range(0, 300).Select(_ => RandomLine(random)).ToArray();
        var script = string.Concat(lines.Select(line => $"show {line}\n"));
        using var process = Process.Start(new ProcessStartInfo(bash, ["--norc", "-c", "show() { printf '[%s]' \"$@\"; echo; }\n" + script]) { RedirectStandardOutput = true })!;
        var said = process.StandardOutput.ReadToEnd().TrimEnd('\n').Split('\n');
        var split = lines.Select(line => ShellLine.Split($"show {line} ", Tab.Breaks)).Select(line => line.Before.Count == 0 ? "[]" : string.Concat(line.Before.Select(word => $"[{word}]")));
        Assert.That(split, Is.EqualTo(said));
    }

    // Words of quotes of both kinds, backslashes and blanks; all quotes are closed.
    private static string RandomLine(Random random)
    {
        string[] pieces = ["a", "b:", "--x=", "folder:", "'a b'", "'\\ \"'", "\"a b\"", "\"'\"", "\"\\\"\"", "\"\\a\"", "\"\\\\\"", "\\ ", "\\'", "\\\"", "\\\\", "''", " ", " ", "  "];
        return string.Concat(Enumerable.Range(0, random.Next(1, 9)).Select(_ => pieces[random.Next(pieces.Length)]));
    }
}
