using LpcEngine.Engine;

namespace LpcEngine.Benchmarks.Acceptance;

/// <summary>A part of the acceptance: checks or measurements of one kind, done one after the other.</summary>
internal interface IAcceptancePart
{
    /// <summary>As in <c>--parts</c>.</summary>
    string Name { get; }

    /// <summary>Its share of the time: seconds, of 480 for all parts. What a part leaves goes to those after it.</summary>
    double Share { get; }

    /// <summary>Whether it judges. What judges and does not come to an end has failed; a measurement that does not was not run.</summary>
    bool Judges { get; }

    /// <summary>Whether each check gets a device with nothing on it.</summary>
    bool WantsFreshDevices { get; }

    /// <summary>Why it can't run at all; null when it can. Opens no device.</summary>
    /// <param name="options">The command line.</param>
    string? Obstacle(AcceptanceOptions options);

    /// <summary>What there is to do, always in the same order.</summary>
    /// <param name="options">The command line.</param>
    /// <param name="device">A device like those on which it will be done.</param>
    IEnumerable<AcceptanceCheck> Checks(AcceptanceOptions options, Device device);
}

/// <summary>One thing to check or to measure.</summary>
/// <param name="Item">What it is.</param>
/// <param name="Precision">In which precision; null where it plays no role.</param>
/// <param name="Run">Does it on a device that is at fp32, and leaves it at fp32.</param>
internal sealed record AcceptanceCheck(string Item, Precision? Precision, Func<Device, Outcome> Run)
{
    /// <summary>The precision's name.</summary>
    public string? PrecisionName => Precision is { } value ? NameOf(value) : null;

    /// <summary>A precision as on command lines.</summary>
    public static string NameOf(Precision precision) => precision.ToString().ToLowerInvariant();

    /// <summary>A check that runs with its device set to a precision.</summary>
    public static AcceptanceCheck In(Precision precision, string item, Func<Device, Outcome> run) => new(item, precision, device =>
    {
        device.Precision = precision;
        try { return run(device); }
        finally { device.Precision = LpcEngine.Engine.Precision.Fp32; }
    });
}
