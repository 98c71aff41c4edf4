using LpcEngine.Experiments.Sweeps.Slurm;
using LpcEngine.Experiments.Training;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Sweeps;

/// <summary>What the command line of a sweep says.</summary>
/// <param name="Training">What it says of every run. Variant, rate, seed and folder are those of no run.</param>
/// <param name="ForEachRun">The same in the words of the command line.</param>
internal sealed record SweepOptions(TrainOptions Training, IReadOnlyList<string> ForEachRun)
{
    public required IReadOnlyList<Variant> Variants { get; init; }

    /// <summary>Null: the preset's.</summary>
    public IReadOnlyList<double>? Rates { get; init; }

    /// <summary>Null: the preset's.</summary>
    public IReadOnlyList<long>? Seeds { get; init; }

    /// <summary>Where γ stops growing, for the variants with a penalty; null: what holds for a single run.</summary>
    public IReadOnlyList<double>? Gammas { get; init; }

    /// <summary>Runs at the same time.</summary>
    public int Jobs { get; init; } = 1;

    /// <summary>Threads of each run.</summary>
    public int ThreadsEach => Training.Threads ?? Math.Max(1, Environment.ProcessorCount / Jobs);

    /// <summary>Where the run folders go.</summary>
    public string Root { get; init; } = RunName.DefaultRoot;

    /// <summary>By which accuracy the rate is chosen.</summary>
    public Selection Selection { get; init; }

    /// <summary>Whether the last line is the result as JSON.</summary>
    public bool Json { get; init; }

    /// <summary>What to ask Slurm for; null: the runs are processes of this machine.</summary>
    public SlurmOptions? Slurm { get; init; }

    /// <summary>Whether to show where the runs stand, and start nothing.</summary>
    public bool Status { get; init; }
}
