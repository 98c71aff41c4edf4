namespace LpcEngine.Experiments.Commands;

/// <summary>What the process tells its caller.</summary>
internal static class ExitCodes
{
    public const int Done = 0;

    /// <summary>A defect of ours: stack trace in the log file, one line on the screen.</summary>
    public const int Defect = 1;

    /// <summary>The user's input is wrong.</summary>
    public const int UserError = 2;

    /// <summary>The loss is not finite any more.</summary>
    public const int Diverged = 3;

    /// <summary>Stopped from outside; a checkpoint was written.</summary>
    public const int Interrupted = 130;

    /// <summary>Said by a run to its sweep alone: another process works in the run's folder, try again later (EX_TEMPFAIL).</summary>
    public const int FolderInUse = 75;
}
