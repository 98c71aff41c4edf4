using System.Text.RegularExpressions;
using LpcEngine.Engine;

namespace LpcEngine.Experiments.Sweeps.Slurm;

/// <summary>What a sweep asks Slurm for, for each of its runs.</summary>
internal sealed partial record SlurmOptions
{
    /// <summary>What holds where the command line says nothing: any partition takes so little, and a run that needs longer goes on in its next turn.</summary>
    public const string DefaultTime = "4:00:00", DefaultMemory = "8G";

    /// <summary>Cores of a run without --threads.</summary>
    public const int DefaultCpus = 4;

    /// <summary>Cores, and threads of the cpu device.</summary>
    public int Cpus { get; init; } = DefaultCpus;

    /// <summary>The time limit of a turn.</summary>
    public string Time { get; init; } = DefaultTime;

    /// <summary>Memory of a node.</summary>
    public string Memory { get; init; } = DefaultMemory;

    /// <summary>GPUs, as a count or kind:count; null for none.</summary>
    public string? Gpus { get; init; }

    /// <summary>Null: the cluster's default.</summary>
    public string? Partition { get; init; }

    /// <summary>Null: the user's default.</summary>
    public string? Account { get; init; }

    /// <summary>Further options of sbatch, as they are; they come last, and with sbatch the last one counts.</summary>
    public IReadOnlyList<string> Extra { get; init; } = [];

    /// <summary>Runs at the same time; null: as many as Slurm starts.</summary>
    public int? AtOnce { get; init; }

    /// <summary>Write the script, submit nothing.</summary>
    public bool DryRun { get; init; }

    /// <summary>Refuses what sbatch would refuse, or read as something else.</summary>
    /// <returns>The same options.</returns>
    /// <exception cref="UserErrorException">A value is none that Slurm takes.</exception>
    public SlurmOptions Check()
    {
        SlurmTime.Check(Time);
        if (!Amount().IsMatch(Memory)) throw new UserErrorException($"--slurm-memory {Memory}: must be a whole number with K, M, G or T, such as 8G.");
        if (Gpus is not null && !Devices().IsMatch(Gpus)) throw new UserErrorException($"--slurm-gpus {Gpus}: must be a count, or kind:count, such as 1 or a100:1.");
        foreach (var (name, value) in new[] { ("--slurm-partition", Partition), ("--slurm-account", Account) })
            if (value is not null && !Name().IsMatch(value)) throw new UserErrorException($"{name} {value}: must be a name as Slurm has them, without spaces and quotes.");
        foreach (var option in Extra)
            if (!Option().IsMatch(option)) throw new UserErrorException($"--slurm-extra {option.ReplaceLineEndings(" ")}: must be an option of sbatch in one line, such as --slurm-extra=--qos=long.");
        return this;
    }

    [GeneratedRegex(@"^\d{1,12}[KMGT]?$", RegexOptions.CultureInvariant)]
    private static partial Regex Amount();

    [GeneratedRegex(@"^([A-Za-z0-9_.-]+:)?[1-9]\d{0,3}$", RegexOptions.CultureInvariant)]
    private static partial Regex Devices();

    [GeneratedRegex(@"^[^\s""'\\#]+$", RegexOptions.CultureInvariant)]
    private static partial Regex Name();

    [GeneratedRegex(@"^-[^\x00-\x1f\x7f]+$", RegexOptions.CultureInvariant)]
    private static partial Regex Option();
}
