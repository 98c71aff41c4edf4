using LpcEngine.Benchmarks.Acceptance;

namespace LpcEngine.Tests.Benchmarks.Acceptance;

/// <summary>Each part of <c>gpu-acceptance</c> on small sizes: what is right passes, what is wrong is found, and a failure is one row, not the end.</summary>
public sealed class AcceptancePartsTests
{
    private static readonly AcceptanceOptions Tiny = new() { Device = "cpu", Batch = 4, Width = 4, Steps = 1 };

    private static OpSpec Swish => LpcEngine.Kernels.Operations.All.Single(spec => spec.Name == "swish");

    [TestCase("cpu")]
    [TestCase("emulator")]
    public void A_right_operation_passes_at_each_precision(string device)
    {
        var rows = RecordedPart.Of(new CorrectnessPart([Swish]), Tiny with { Device = device });
        Assert.That(rows.Select(row => (row.Item, row.Precision, row.Outcome.Verdict)), Is.EqualTo(
            (device == "cpu" ? ["fp32"] : (string[])["fp32", "bf16"]).Select(precision => ("swish", precision, Verdict.Pass))));
        foreach (var row in rows)
        {
            var (error, tolerance) = ((double)row.Outcome.Numbers["worst_error"]!, (double)row.Outcome.Numbers["tolerance"]!);
            Assert.That(error, Is.GreaterThan(0).And.LessThanOrEqualTo(tolerance), row.ToString());
        }
    }

    [TestCase(true)]
    [TestCase(false)]
    public void A_wrong_operation_is_found_and_named(bool forward)
    {
        // What the kernels compute, against a reference that is off by a thousandth in its value or its derivative.
        var wrong = Swish with
        {
            Name = "wrong-swish",
            Cases = [.. Swish.Cases.Select(declared => declared with
            {
                Forward = inputs => Scaled(declared.Forward(inputs), forward), Backward = (inputs, dY) => [Scaled(declared.Backward!(inputs, dY)[0]!, !forward)],
            })],
        };
        var rows = RecordedPart.Of(new CorrectnessPart([wrong, Swish]), Tiny);
        Assert.That(rows.Select(row => (row.Item, row.Word)), Is.EqualTo(new[] { ("wrong-swish", "fail"), ("swish", "pass") }));
        Assert.That((string)rows[0].Outcome.Numbers["what"]!, Does.StartWith(forward ? "result" : "gradient"));
        Assert.That((double)rows[0].Outcome.Numbers["worst_error"]!, Is.EqualTo(1e-3).Within(1e-5));

        static double[] Scaled(double[] values, bool isWrong) => isWrong ? Array.ConvertAll(values, value => 1.001 * value) : values;
    }

    [Test]
    public void An_exception_is_a_failed_row_and_the_rest_goes_on()
    {
        var broken = Swish with { Name = "broken", Cases = [.. Swish.Cases.Select(declared => declared with { Run = _ => throw new InvalidOperationException("no kernel\nhere") })] };
        var rows = RecordedPart.Of(new CorrectnessPart([broken, Swish]), Tiny);
        Assert.That(rows.Select(row => row.Word), Is.EqualTo(new[] { "fail", "pass" }));
        Assert.That(rows[0].Outcome.Summary, Does.Contain("no kernel here"));
        Assert.That(RecordedPart.Of(new CorrectnessPart([broken, Swish]), Tiny, endsAfterDefect: true), Has.Count.EqualTo(1), "another process does the rest");
    }

    [Test]
    public void What_finds_no_time_is_not_run() =>
        Assert.That(RecordedPart.Of(new CorrectnessPart([Swish, Swish]), Tiny, seconds: 0).Select(row => row.Word), Is.EqualTo(new[] { "not run", "not run" }));

    [Test]
    public void Two_trainings_have_the_same_bits()
    {
        var row = RecordedPart.Of(new DeterminismPart(), Tiny).Single();
        Assert.That(row.Outcome.Verdict, Is.EqualTo(Verdict.Pass), row.ToString());
        Assert.That((long)row.Outcome.Numbers["values"]!, Is.GreaterThan(10_000));
    }

    [Test]
    public void Training_that_falls_short_fails()
    {
        foreach (var (accuracy, verdict) in new[] { (0.0, Verdict.Pass), (1.01, Verdict.Fail) })
        {
            var row = RecordedPart.Of(new TrainingPart(new("mlp", Width: 1, TrainPerClass: 4, TestPerClass: 2, Batch: 20, Epochs: 2, accuracy)), Tiny).Single();
            Assert.That(row.Outcome.Verdict, Is.EqualTo(verdict), row.ToString());
            Assert.That((int)row.Outcome.Numbers["steps"]!, Is.EqualTo(4));
        }
    }

    [Test]
    public void Steps_of_both_networks_are_timed_and_compared_with_another_program()
    {
        var rows = RecordedPart.Of(new ThroughputPart(), Tiny);
        Assert.That(rows.Select(row => row.Item.Split(',')[0]), Is.EqualTo(new[] { "resnet18", "resnet50" }));
        foreach (var row in rows)
        {
            double speed = (double)row.Outcome.Numbers["images_per_second"]!, epoch = (double)row.Outcome.Numbers["epoch_seconds"]!;
            Assert.That(speed * epoch, Is.EqualTo(50_000).Within(1).Percent);
            Assert.That(row.Outcome.Goal, Is.Null, "goals are for whole sizes");
        }
        var theirs = rows[0] with { Part = "pytorch", Item = rows[0].Item + ", eager", Outcome = rows[0].Outcome with { Numbers = new() { ["images_per_second"] = (double)rows[0].Outcome.Numbers["images_per_second"]! / 2 } } };
        Assert.That((double)PyTorchPart.Compared(theirs, rows, Tiny).Outcome.Numbers["ratio"]!, Is.EqualTo(2).Within(1e-3));
        Assert.That(PyTorchPart.Compared(theirs, [], Tiny), Is.SameAs(theirs));
    }

    [Test]
    public void Rooflines_have_a_row_for_each_direction_beside_the_ceilings()
    {
        var small = Swish with { Benchmarks = () => Swish.Cases.Take(2) };
        var rows = RecordedPart.Of(new RooflinePart([small]), Tiny with { Cases = 1 });
        Assert.That(rows.Select(row => row.Item.Split(' ')[0]), Is.EqualTo(new[] { "ceilings", "Swish.forward", "Swish.backward" }));
        Assert.That(rows.Select(row => row.Word), Is.All.EqualTo("measured"));
        foreach (var row in rows[1..])
        {
            Assert.That(row.Item, Does.Contain("[7, 33]"), "the larger case");
            Assert.That((double)row.Outcome.Numbers["milliseconds"]! * (double)row.Outcome.Numbers["gb_per_second"]!, Is.EqualTo(7 * 33 * (row.Item.Contains("backward") ? 12 : 8) / 1e6).Within(40).Percent);
        }
    }

    [Test]
    public void Rooflines_leave_out_what_a_device_would_take_long_for()
    {
        var small = Swish with { Benchmarks = () => Swish.Cases.Take(1).Select(declared => declared with { Flops = 1e18 }) };
        var rows = RecordedPart.Of(new RooflinePart([small]), Tiny with { Cases = 1 });
        Assert.That(rows.Select(row => row.Word), Is.EqualTo(new[] { "measured", "not run", "measured" }), "ceilings, forward, backward");
        Assert.That(rows[1].ToString(), Does.Contain("more than a second"));
    }

    [Test]
    public void A_row_comes_back_from_json_as_it_was()
    {
        var row = new AcceptanceResult("training", "α ≤ β", null, new(Verdict.NotRun, "no \"time\"") { Goal = "≤ 1", Numbers = new() { ["x"] = 1.5 } }, 2.5);
        var back = AcceptanceResult.Parse(System.Text.Json.Nodes.JsonNode.Parse(row.ToJson().ToJsonString())!);
        Assert.That(back.ToString(), Is.EqualTo(row.ToString()));
        Assert.That((back.Precision, back.Outcome.Goal, (double)back.Outcome.Numbers["x"]!), Is.EqualTo(((string?)null, "≤ 1", 1.5)));
    }

    [TestCase("resnet18-w8")]
    [TestCase("resnet50-w4")]
    public void PyTorchs_steps_are_followed(string network)
    {
        var options = Tiny with { Goldens = Path.Combine(TestContext.CurrentContext.TestDirectory, "Goldens") };
        var only = new OnlyPart(new GoldensPart(), check => check.Item == network);
        var row = RecordedPart.Of(only, options).Single();
        Assert.That(row.Outcome.Verdict, Is.EqualTo(Verdict.Pass), row.ToString());
    }

    /// <summary>Some checks of a part.</summary>
    private sealed class OnlyPart(IAcceptancePart part, Func<AcceptanceCheck, bool> chosen) : IAcceptancePart
    {
        public string Name => part.Name;

        public double Share => part.Share;

        public bool Judges => part.Judges;

        public bool WantsFreshDevices => part.WantsFreshDevices;

        public string? Obstacle(AcceptanceOptions options) => part.Obstacle(options);

        public IEnumerable<AcceptanceCheck> Checks(AcceptanceOptions options, Device device) => part.Checks(options, device).Where(chosen);
    }
}
