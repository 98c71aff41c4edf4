using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using LpcEngine.Experiments.Training;

namespace LpcEngine.Experiments.Sweeps;

/// <summary>Where a run of a sweep stands.</summary>
internal enum CellState
{
    /// <summary>Not started by this sweep, or begun and to go on.</summary>
    Waiting,

    /// <summary>A process works on it.</summary>
    Running,

    /// <summary>Finished, with a summary.</summary>
    Done,

    /// <summary>Its loss is not finite any more.</summary>
    Diverged,

    /// <summary>Stopped from outside; another sweep goes on with it.</summary>
    Interrupted,

    /// <summary>Refused, as a mistake of the user's.</summary>
    Refused,

    /// <summary>Ended by a defect of the program.</summary>
    Failed,
}

/// <summary>One run of a sweep.</summary>
/// <param name="Config">What it is, rate and seed included.</param>
/// <param name="Folder">Its run folder.</param>
/// <param name="Steps">Steps in all.</param>
internal sealed record SweepCell(RunConfig Config, string Folder, long Steps)
{
    /// <summary>Where γ stops growing, if the sweep compares that.</summary>
    public double? Gamma { get; init; }

    /// <summary>Where it stands.</summary>
    public CellState State { get; set; }

    /// <summary>Why it did not end well, in a line; null otherwise.</summary>
    public string? Reason { get; set; }

    /// <summary>summary.json, once it is done.</summary>
    public JsonObject? Summary { get; set; }

    /// <summary>Steps done, as far as is known.</summary>
    public long StepsDone { get; set; }

    /// <summary>The variant's name.</summary>
    public string Variant => Config.Variant;

    /// <summary>What its row of the table is called: the variant, and γ if the sweep compares that.</summary>
    public string Row => Gamma is { } gamma ? string.Create(CultureInfo.InvariantCulture, $"{Variant} γ≤{gamma:G6}") : Variant;

    /// <summary>The base learning rate.</summary>
    public double Rate => Config.Rate.Base;

    /// <summary>The seed.</summary>
    public long Seed => Config.Seed;

    /// <summary>Whether nothing is left to do for it in this sweep.</summary>
    public bool HasEnded => State is not (CellState.Waiting or CellState.Running);

    /// <summary>Its name in the words of the command line.</summary>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"{Variant}{(Gamma is { } gamma ? $" --gamma-max {gamma:G6}" : "")} --lr {RateText(Rate)} --seed {Seed}");

    /// <summary>A run is itself: what changes about it does not make it another one.</summary>
    public bool Equals(SweepCell? other) => ReferenceEquals(this, other);

    /// <inheritdoc/>
    public override int GetHashCode() => RuntimeHelpers.GetHashCode(this);

    /// <summary>A rate as people write it: 4e-4, 0.001 is 1e-3.</summary>
    public static string RateText(double rate)
    {
        var text = rate.ToString("0.################e-0", CultureInfo.InvariantCulture);
        return rate is >= 0.01 and < 1000 ? rate.ToString("0.################", CultureInfo.InvariantCulture) : text;
    }
}
