using System.Diagnostics;
using LpcEngine.Benchmarks.Acceptance;

namespace LpcEngine.Tests.Benchmarks.Acceptance;

/// <summary>A part whose process dies or hangs: the check that did it is named, another process does the rest, and nothing waits for ever.</summary>
/// <remarks>Nothing but processes of each test's own: other fixtures may run beside this one.</remarks>
[Platform(Exclude = "Win")]
[Parallelizable]
public sealed class PartProcessTests
{
    private const string Plan = """echo '@gpu-acceptance {"planned":[["first","fp32"],["second","bf16"],["third",null]]}'; echo noise of some library; """;

    [Test]
    public void A_check_that_takes_its_process_along_fails_and_the_rest_goes_on()
    {
        var rows = Run(true, 60, first => first == 0
            ? Plan + Passes(0, "first") + "echo '@gpu-acceptance {\"began\":1}'; echo an illegal address >&2; kill -9 $$"
            : Plan + Passes(2, "third"));
        Assert.That(rows.Select(row => (row.Item, row.Precision, row.Word)), Is.EqualTo(new[] { ("first", "fp32", "pass"), ("second", "bf16", "fail"), ("third", (string?)null, "pass") }));
        Assert.That(rows[1].Outcome.Summary, Does.Contain("137").And.Contain("an illegal address"));
    }

    [Test]
    public void After_a_check_that_failed_by_an_exception_another_process_does_the_rest()
    {
        var started = new List<int>();
        var rows = Run(true, 60, first =>
        {
            started.Add(first);
            return Plan + Passes(first, new[] { "first", "second", "third" }[first]);
        });
        Assert.That(started, Is.EqualTo(new[] { 0, 1, 2 }));
        Assert.That(rows.Select(row => row.Word), Is.All.EqualTo("pass"));
    }

    [TestCase(true, "fail")]
    [TestCase(false, "not run")]
    public void What_hangs_is_killed_when_its_time_is_over(bool judges, string word)
    {
        var watch = Stopwatch.StartNew();
        var rows = Run(judges, 5, _ => Plan + Passes(0, "first") + "echo '@gpu-acceptance {\"began\":1}'; sleep 600");
        Assert.That(watch.Elapsed.TotalSeconds, Is.LessThan(60));
        Assert.That(rows.Select(row => row.Word), Is.EqualTo(new[] { "pass", word, "not run" }));
        Assert.That(rows[1].Outcome.Summary, Does.Contain("killed"));
    }

    [Test]
    public void A_process_that_comes_to_no_check_is_started_once()
    {
        var row = Run(true, 60, _ => "echo no such device >&2; exit 2").Single();
        Assert.That((row.Item, row.Word), Is.EqualTo(("all", "fail")));
        Assert.That(row.Outcome.Summary, Does.Contain("exit code 2").And.Contain("no such device"));
    }

    private static string Passes(int index, string item) =>
        $$$"""echo '@gpu-acceptance {"began":{{{index}}}}'; echo '@gpu-acceptance {"ended":{{{index}}},"result":{"part":"made-up","item":"{{{item}}}","precision":{{{(index == 2 ? "null" : "\"fp32\"")}}},"result":"pass","summary":"","goal":null,"seconds":1,"numbers":{} } }'; """;

    private static IReadOnlyList<AcceptanceResult> Run(bool judges, double seconds, Func<int, string> script)
    {
        var heard = new List<AcceptanceResult>();
        var rows = new PartProcess(new MadeUp(judges), (first, _) => new ProcessStartInfo("sh", ["-c", script(first)]), heard.Add).Run(TimeSpan.FromSeconds(seconds));
        Assert.That(heard, Is.EqualTo(rows));
        return rows;
    }

    private sealed class MadeUp(bool judges) : IAcceptancePart
    {
        public string Name => "made-up";

        public double Share => 1;

        public bool Judges => judges;

        public bool WantsFreshDevices => false;

        public string? Obstacle(AcceptanceOptions options) => null;

        public IEnumerable<AcceptanceCheck> Checks(AcceptanceOptions options, Device device) => [];
    }
}
