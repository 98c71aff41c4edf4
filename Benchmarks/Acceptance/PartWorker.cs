using System.Text.Json.Nodes;
using LpcEngine.Engine;

namespace LpcEngine.Benchmarks.Acceptance;

/// <summary>The process that does a part: tells the one that started it, by lines on standard output, what it plans, begins and ends.</summary>
/// <remarks>A process of its own, because a kernel that faults or hangs takes the whole process's driver with it.</remarks>
internal sealed class PartWorker : IPartListener
{
    /// <summary>How its lines begin; what libraries write doesn't begin so.</summary>
    public const string Mark = "@gpu-acceptance ";

    /// <summary>Keys of its lines.</summary>
    public const string PlannedKey = "planned", BeganKey = "began", EndedKey = "ended", ResultKey = "result";

    /// <summary>Does a part from its check number <paramref name="first"/> on.</summary>
    public static void Run(IAcceptancePart part, AcceptanceOptions options, int first, TimeSpan time)
    {
        WatchParent();
        PartRunner.Run(part, options, () => Devices.Open(options.Device), first, time, endsAfterDefect: true, new PartWorker());
    }

    public void Planned(IReadOnlyList<AcceptanceCheck> checks) => Say(new()
    {
        [PlannedKey] = new JsonArray([.. checks.Select(check => new JsonArray(check.Item, check.PrecisionName))]),
    });

    public void Began(int index) => Say(new() { [BeganKey] = index });

    public void Ended(int index, AcceptanceResult result) => Say(new() { [EndedKey] = index, [ResultKey] = result.ToJson() });

    private static void Say(JsonObject line)
    {
        Console.Out.WriteLine(Mark + line.ToJsonString());
        Console.Out.Flush();
    }

    // The starter holds the other end of standard input and writes nothing: its end means that nobody waits for this process any more.
    private static void WatchParent() => new Thread(static () =>
    {
        try { while (Console.OpenStandardInput().ReadByte() >= 0) { } }
        catch (IOException) { }
        Environment.Exit(1);
    })
    { IsBackground = true, Name = "parent" }.Start();
}
