using System.Diagnostics;
using LpcEngine.Engine;

namespace LpcEngine.Benchmarks.Acceptance;

/// <summary>Hears how a part goes on.</summary>
internal interface IPartListener
{
    /// <summary>What there is to do.</summary>
    void Planned(IReadOnlyList<AcceptanceCheck> checks);

    /// <summary>A check begins.</summary>
    void Began(int index);

    /// <summary>A check has ended, or won't be done.</summary>
    void Ended(int index, AcceptanceResult result);
}

/// <summary>Does a part's checks in this process.</summary>
internal static class PartRunner
{
    /// <summary>Runs the checks in order.</summary>
    /// <param name="part">The part.</param>
    /// <param name="options">The command line.</param>
    /// <param name="open">Opens the device.</param>
    /// <param name="first">The check to begin with; earlier ones are another process's.</param>
    /// <param name="time">No check begins later than this after the start.</param>
    /// <param name="endsAfterDefect">Return after a check that ended with an exception: a driver whose kernel has faulted answers every further call of the process with that fault.</param>
    /// <param name="listener">Hears of it.</param>
    public static void Run(IAcceptancePart part, AcceptanceOptions options, Func<Device> open, int first, TimeSpan time, bool endsAfterDefect, IPartListener listener)
    {
        var watch = Stopwatch.StartNew();
        Device? device = open();
        try
        {
            var checks = part.Checks(options, device).ToArray();
            listener.Planned(checks);
            for (var i = first; i < checks.Length; i++)
            {
                if (watch.Elapsed >= time)
                {
                    listener.Ended(i, new(part.Name, checks[i].Item, checks[i].PrecisionName, Outcome.NotRun("the part's time was over"), 0));
                    continue;
                }
                listener.Began(i);
                var start = Stopwatch.GetTimestamp();
                Exception? problem = null;
                Outcome outcome;
                try
                {
                    device ??= open();
                    outcome = checks[i].Run(device);
                }
                catch (Exception thrown)
                {
                    (problem, outcome) = (thrown, Outcome.Failed(thrown));
                }
                listener.Ended(i, new(part.Name, checks[i].Item, checks[i].PrecisionName, outcome, Stopwatch.GetElapsedTime(start).TotalSeconds));
                if (problem is not null && endsAfterDefect) return;
                if (problem is null && !part.WantsFreshDevices) continue;
                Close(device);
                device = null;
            }
        }
        finally
        {
            Close(device);
        }
    }

    // A device that has failed may fail to close as well; what it failed at is known by then.
    private static void Close(Device? device)
    {
        try { device?.Dispose(); }
        catch (Exception problem) { Console.Error.WriteLine($"Closing the device: {problem.Message.ReplaceLineEndings(" ")}"); }
    }
}
