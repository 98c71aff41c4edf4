namespace LpcEngine.Experiments.Completion;

/// <summary>Which paths may stand where the cursor is.</summary>
internal enum PathKind
{
    /// <summary>None.</summary>
    None,

    /// <summary>Those of folders.</summary>
    Folders,

    /// <summary>Those of files, and the folders on the way to them.</summary>
    Files,
}

/// <summary>One way to complete the word at the cursor.</summary>
/// <param name="Text">What comes after the part of the word that is settled.</param>
/// <param name="Description">One line; may be empty.</param>
internal sealed record Candidate(string Text, string Description);

/// <summary>All ways to complete the word at the cursor.</summary>
/// <param name="Settled">How many characters of the word stay as they are, in front of every candidate and every path: an option with its '=', a list up to its last comma, 'folder:'.</param>
/// <param name="Candidates">What may follow, in the order of the tables that it comes from.</param>
/// <param name="Paths">Whether a path may follow as well. Completing it is the shell's affair.</param>
internal sealed record Answer(int Settled, IReadOnlyList<Candidate> Candidates, PathKind Paths = PathKind.None)
{
    /// <summary>Nothing fits.</summary>
    public static Answer Nothing { get; } = new(0, []);
}
