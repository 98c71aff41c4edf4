using LpcEngine.Engine;

namespace LpcEngine.Experiments.Runs;

/// <summary>Another process works in a run folder: a mistake of the user's, or something to wait for.</summary>
/// <param name="folder">The folder.</param>
/// <param name="owner">Who has it, in words.</param>
internal sealed class FolderInUseException(string folder, string owner)
    : UserErrorException($"The run folder {folder} is in use by {owner}. Wait for it to end, or choose another folder with --out.")
{
    /// <summary>Who has it, in words.</summary>
    public string Owner { get; } = owner;
}
