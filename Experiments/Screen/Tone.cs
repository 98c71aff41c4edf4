namespace LpcEngine.Experiments.Screen;

/// <summary>What a piece of a line is to its reader. A tone repeats what the words say, it never says anything alone: many see no colours, or not these.</summary>
internal enum Tone
{
    /// <summary>As the terminal writes.</summary>
    Plain,

    /// <summary>Heads of columns.</summary>
    Strong,

    /// <summary>Names of what stands beside them.</summary>
    Faint,

    /// <summary>What is drawn: bars and curves.</summary>
    Accent,

    /// <summary>Wants a decision.</summary>
    Warning,

    /// <summary>Went wrong.</summary>
    Problem,
}
