using LpcEngine.Tests.Experiments;

namespace LpcEngine.Tests.Operations;

/// <summary>LPC_WINOGRAD = off: convolutions become direct, and both ways agree with the reference.</summary>
public sealed class WinogradSwitching
{
    // A shape that Winograd's form suits at every vector width, and on GPUs.
    private static readonly ConvGeometry Geometry = new(2, 16, 12, 128, 64, 3, 3, 1, 1);

    private static IEnumerable<string> Names => TestDevices.Names.Where(name => name is not "emulator");

    [TestCaseSource(nameof(Names))]
    public void Off_gives_other_bits_and_both_are_within_the_tolerance(string name)
    {
        var random = new Random(3);
        var (x, w, dY) = (Draw(random, Geometry.XShape), Draw(random, Geometry.WeightShape), Draw(random, Geometry.YShape));
        double[][] expected =
        [
            Conv2dReference.Forward(Geometry, x, w), Conv2dReference.BackwardInput(Geometry, w, dY),
            Conv2dReference.BackwardWeight(Geometry, x, dY),
        ];
        var on = Run(name, x, w, dY);
        float[][] off;
        using (WinogradSwitch.Off()) off = Run(name, x, w, dY);
        Assert.That(Run(name, x, w, dY)[0], Is.EqualTo(on[0]), "the scope has ended");
        string[] passes = ["forward", "input gradient", "weight gradient"];
        for (var i = 0; i < passes.Length; i++)
        {
            double errorOn = RelativeError.Of(on[i], expected[i]), errorOff = RelativeError.Of(off[i], expected[i]);
            Console.WriteLine($"{passes[i]}: error with Winograd {errorOn:g3}, direct {errorOff:g3}");
            Assert.That(on[i].AsSpan().SequenceEqual(off[i]), Is.False, passes[i]);
            Assert.That(errorOn, Is.LessThan(Conv2dOp.Spec.Tolerance), passes[i]);
            Assert.That(errorOff, Is.LessThan(Conv2dOp.Spec.Tolerance), passes[i]);
        }
    }

    [TestCase("LPC_WINOGRAD", "of")]
    [TestCase("LPC_WINOGRAD", "OFF")]
    [TestCase("LPC_WINOGRAD", "1")]
    [TestCase("LPC_SIMD", "64")]
    [TestCase("LPC_SIMD", "avx2")]
    public void A_value_that_means_nothing_is_refused_in_one_line(string variable, string value)
    {
        var refused = Assert.Throws<UserErrorException>(() => CpuSettings.Check(name => name == variable ? value : null))!;
        Assert.That(refused.Message, Does.Contain(variable).And.Contain($"'{value}'").And.Not.Contain("\n"));
    }

    [TestCase("LPC_WINOGRAD", null)]
    [TestCase("LPC_WINOGRAD", "")]
    [TestCase("LPC_WINOGRAD", "on")]
    [TestCase("LPC_WINOGRAD", "off")]
    [TestCase("LPC_SIMD", "512")]
    [TestCase("LPC_SIMD", "256")]
    [TestCase("LPC_SIMD", "128")]
    public void What_is_known_is_taken(string variable, string? value) =>
        Assert.DoesNotThrow(() => CpuSettings.Check(name => name == variable ? value : null));

    [Test]
    public void A_program_started_with_a_misspelt_setting_ends_with_code_2()
    {
        var (code, output, error) = Subprocess.Run(new() { ["LPC_WINOGRAD"] = "of" }, "devices");
        Assert.Multiple(() =>
        {
            Assert.That(code, Is.EqualTo(2));
            Assert.That(output, Is.Empty);
            Assert.That(error.TrimEnd().Split('\n'), Has.Length.EqualTo(1).And.All.Contains("LPC_WINOGRAD"));
        });
    }

    [Test]
    public void A_runs_configuration_names_the_settings_that_its_bits_depend_on()
    {
        using var folder = new TemporaryFolder();
        var (code, output, error) = Subprocess.Run(new() { ["LPC_WINOGRAD"] = "off", ["LPC_SIMD"] = "" }, "synthetic10", "lpc-narrow", "--preset", "quick", "--backbone", "mlp", "--width", "1",
            "--train-size", "2", "--test-size", "1", "--steps", "1", "--no-evaluate", "--device", "cpu", "--out", folder["run"]);
        Assert.That(code, Is.Zero, output + error);
        var config = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(folder["run/config.json"]))!;
        Assert.That(config["environment"]!.ToJsonString(), Is.EqualTo("""{"LPC_WINOGRAD":"off"}"""));
    }

    private static float[][] Run(string name, double[] x, double[] w, double[] dY)
    {
        var device = TestDevices.Get(name);
        float[][] results = [];
        device.Step(() =>
        {
            var (inputs, weight) = (Upload(device, Geometry.XShape, x), Upload(device, Geometry.WeightShape, w));
            var upstream = Upload(device, Geometry.YShape, dY);
            (inputs.TracksGradient, weight.TracksGradient) = (true, true);
            var y = inputs.Conv2d(weight, 1, 1);
            var gradients = device.Tape.Backward(y, upstream);
            results = [y.ToFloats(), gradients[inputs].ToFloats(), gradients[weight].ToFloats()];
        });
        return results;
    }

    private static double[] Draw(Random random, Shape shape)
    {
        var normal = OpInput.Normal(1);
        return Enumerable.Range(0, shape.Count).Select(i => (double)(float)normal(random, i)).ToArray();
    }

    private static Tensor Upload(Device device, Shape shape, double[] values) => Agreement.Upload(device, new OpInput(shape), values);
}
