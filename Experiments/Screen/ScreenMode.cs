namespace LpcEngine.Experiments.Screen;

/// <summary>How much a command shows of what it does.</summary>
internal enum ScreenMode
{
    /// <summary>What the place allows: lines that renew themselves and colours on a terminal, plain lines elsewhere.</summary>
    Auto,

    /// <summary>Plain lines on a terminal, too: nothing that renews itself, no colours, no drawings. For screen readers and for recordings.</summary>
    Plain,

    /// <summary>Problems, questions and what <c>--json</c> asks for. log.txt has the rest.</summary>
    Quiet,
}
