using LpcEngine.Benchmarks.Acceptance;

namespace LpcEngine.Tests.Benchmarks.Acceptance;

/// <summary>Runs a part in this process and keeps what it says.</summary>
internal sealed class RecordedPart : IPartListener
{
    public List<AcceptanceResult> Results { get; } = [];

    public static List<AcceptanceResult> Of(IAcceptancePart part, AcceptanceOptions options, double seconds = 300, bool endsAfterDefect = false)
    {
        var recorded = new RecordedPart();
        PartRunner.Run(part, options, () => Devices.Open(options.Device, 2), 0, TimeSpan.FromSeconds(seconds), endsAfterDefect, recorded);
        return recorded.Results;
    }

    public void Planned(IReadOnlyList<AcceptanceCheck> checks) => Assert.That(checks, Is.Not.Empty);

    public void Began(int index) => Assert.That(index, Is.EqualTo(Results.Count));

    public void Ended(int index, AcceptanceResult result)
    {
        Assert.That(index, Is.EqualTo(Results.Count));
        Results.Add(result);
    }
}
