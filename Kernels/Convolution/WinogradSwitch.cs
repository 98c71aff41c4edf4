namespace LpcEngine.Kernels;

/// <summary>Whether Winograd's forms may be used at all.</summary>
/// <remarks>
/// The environment variable LPC_WINOGRAD = off makes every convolution direct, on the processor and on GPUs, for a process; <see cref="Off"/> does so
/// for a test. It is there to show what Winograd's rounding does to a result, and to compare speeds. Whatever chooses the algorithm asks
/// here first.
/// </remarks>
internal static class WinogradSwitch
{
    /// <summary>The variable's name; <see cref="CpuSettings"/> refuses what it doesn't know.</summary>
    public const string Variable = "LPC_WINOGRAD";

    /// <summary>True unless it was switched off.</summary>
    public static bool IsOn { get; private set; } = Environment.GetEnvironmentVariable(Variable) != "off";

    /// <summary>Makes every convolution direct until the returned scope ends. Call it while no convolution runs.</summary>
    /// <returns>A scope for <c>using</c>.</returns>
    public static OffScope Off()
    {
        var before = IsOn;
        IsOn = false;
        return new OffScope(before);
    }

    /// <summary>Returns to the setting before when disposed.</summary>
    internal readonly struct OffScope(bool before) : IDisposable
    {
        /// <summary>Ends the scope.</summary>
        public void Dispose() => IsOn = before;
    }
}
