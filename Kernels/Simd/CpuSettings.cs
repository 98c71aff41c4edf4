using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>
/// The environment variables that say how kernels compute. They change speed and last digits, never what is computed.
/// </summary>
/// <remarks>
/// LPC_SIMD = 512, 256 or 128: the widest vectors that are used (<see cref="VectorWidth"/>). LPC_WINOGRAD = on or off: off makes every
/// convolution direct, that of GPUs as well. Unset or empty means the fastest.
/// </remarks>
public static class CpuSettings
{
    private static readonly (string Variable, string[] Known)[] All =
        [(VectorWidth.Variable, ["512", "256", "128"]), (WinogradSwitch.Variable, ["on", "off"])];

    /// <summary>
    /// Refuses values that mean nothing; a program calls it before all else, so that no run starts under a misspelt setting.
    /// </summary>
    /// <exception cref="UserErrorException">A variable holds something unknown.</exception>
    public static void Check() => Check(Environment.GetEnvironmentVariable);

    /// <summary>The same with values from elsewhere.</summary>
    /// <param name="read">From a variable's name to its value.</param>
    internal static void Check(Func<string, string?> read)
    {
        foreach (var (variable, known) in All)
        {
            var value = read(variable);
            if (string.IsNullOrEmpty(value) || known.Contains(value)) continue;
            throw new UserErrorException(
                $"The environment variable {variable} is '{value}'; it must be {string.Join(" or ", known)}, or not be set.");
        }
    }

    /// <summary>Those that are set, which belong to what is needed to repeat a run.</summary>
    public static IEnumerable<(string Variable, string Value)> Present =>
        from known in All
        let value = Environment.GetEnvironmentVariable(known.Variable)
        where !string.IsNullOrEmpty(value)
        select (known.Variable, value);
}
