using System.CommandLine;
using LpcEngine.Engine;
using LpcEngine.Experiments.Sweeps.Slurm;
using LpcEngine.Experiments.Training;
using static LpcEngine.Experiments.Commands.SharedOptions;

namespace LpcEngine.Experiments.Commands;

/// <summary>The options of a sweep that submits its runs to Slurm. How many at a time, and with how many cores each, --jobs and --threads say as ever.</summary>
internal sealed class SlurmArguments
{
    private readonly Option<bool> slurm = Flag("--slurm",
        $"submit the runs as a job array, one task each, instead of starting them here; at most --jobs at a time (default: no limit), with --threads cores each (default {SlurmOptions.DefaultCpus})");
    private readonly Option<bool> dryRun = Flag("--dry-run", "with --slurm: write the job script, print its path and submit nothing");
    private readonly Option<string?> time = Text("--slurm-time", $"time limit of a turn, as Slurm writes it (default {SlurmOptions.DefaultTime}); a run that needs longer goes on in another turn");
    private readonly Option<string?> memory = Text("--slurm-memory", $"memory of a run (default {SlurmOptions.DefaultMemory})");
    private readonly Option<string?> gpus = Text("--slurm-gpus", "GPUs of a run, as a count or kind:count (default: 1 with --device cuda, else none)");
    private readonly Option<string?> partition = Text("--slurm-partition", "partition (default: the cluster's)");
    private readonly Option<string?> account = Text("--slurm-account", "account (default: the user's)");
    private readonly Option<string[]> extra = new("--slurm-extra") { Description = "another option of sbatch, such as --slurm-extra=--qos=long; as often as needed" };

    /// <summary>All of them, in the order of the help text.</summary>
    public IReadOnlyList<Option> All => [slurm, dryRun, time, memory, gpus, partition, account, extra];

    /// <summary>What a command line says.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="training">What it says of every run.</param>
    /// <param name="jobs">What it says of runs at the same time.</param>
    /// <returns>Null for a sweep on this machine.</returns>
    /// <exception cref="UserErrorException">A value is none that Slurm takes, or --slurm is missing.</exception>
    public SlurmOptions? Read(ParseResult parsed, TrainOptions training, int? jobs)
    {
        if (!parsed.GetValue(slurm))
        {
            if (All.Except([slurm]).FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false }) is { } alone) throw new UserErrorException($"{alone.Name} means nothing without --slurm.");
            return null;
        }
        var defaultGpus = training.Device.StartsWith("cuda", StringComparison.Ordinal) ? "1" : null;
        return new SlurmOptions
        {
            Cpus = training.Threads ?? SlurmOptions.DefaultCpus,
            Time = parsed.GetValue(time) ?? SlurmOptions.DefaultTime,
            Memory = parsed.GetValue(memory) ?? SlurmOptions.DefaultMemory,
            Gpus = parsed.GetValue(gpus) ?? defaultGpus,
            Partition = parsed.GetValue(partition),
            Account = parsed.GetValue(account),
            Extra = parsed.GetValue(extra) ?? [],
            AtOnce = jobs,
            DryRun = parsed.GetValue(dryRun),
        }.Check();
    }
}
