namespace LpcEngine.Experiments.Commands;

/// <summary>For a process that a sweep has started: ends with the sweep, however that ends.</summary>
/// <remarks>
/// The sweep holds the other end of this process's standard input and writes nothing to it. The system closes that end when the sweep ends, killed
/// or not, and the sweep closes it to ask for an end: unlike a signal, this reaches exactly the runs, on every system. A variable of the
/// environment says so, not an option: config.json records the command line for repeating it by hand.
/// </remarks>
internal static class ParentProcess
{
    /// <summary>The variable that a sweep sets for its runs.</summary>
    public const string Variable = "LPC_RUN_OF_SWEEP";

    /// <summary>Its value in the jobs that a sweep submits.</summary>
    public const string Slurm = "slurm";

    private static readonly CancellationTokenSource Source = new();

    /// <summary>Is cancelled when the sweep has ended or wants this process to end. Never cancelled in a process of its own.</summary>
    public static CancellationToken Gone => Source.Token;

    /// <summary>Whether a sweep has started this process.</summary>
    public static bool IsSweep { get; } = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 };

    /// <summary>Whether it did so by way of Slurm.</summary>
    public static bool IsSlurm { get; } = Environment.GetEnvironmentVariable(Variable) == Slurm;

    /// <summary>Begins to watch, where there's something to watch.</summary>
    /// <remarks>Standard output goes nowhere: log.txt has everything, and a pipe whose reader was killed would end the run before its checkpoint.</remarks>
    public static void Watch()
    {
        if (!IsSweep || IsSlurm) return;
        Console.SetOut(TextWriter.Null);
        var input = Console.OpenStandardInput();
        new Thread(() =>
        {
            var buffer = new byte[1];
            try { while (input.Read(buffer) > 0) { } }
            catch (IOException) { }
            Source.Cancel();
        })
        { IsBackground = true, Name = "parent" }.Start();
    }
}
