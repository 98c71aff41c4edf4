namespace LpcEngine.Tests.Benchmarks;

/// <summary>The user's mistakes: each is one line on standard error, exit code 2, nothing on standard output.</summary>
public sealed class ArgumentErrors
{
    [TestCase("", "--filter")]
    [TestCase("measure", "measure")]
    [TestCase("--filter *NoSuchOperation*", "NoSuchOperation")]
    [TestCase("--filter *Swish* *NoSuchOperation*", "NoSuchOperation")]
    [TestCase("--filter", "pattern")]
    [TestCase("--filter *Swish* --device", "--device")]
    [TestCase("--filter *Swish* --device tpu", "tpu")]
    [TestCase("--filter *Swish* --threads two", "two")]
    [TestCase("--filter *Swish* --threads 0", "--threads 0")]
    [TestCase("--filter *Swish* --no-such-option", "no-such-option")]
    [TestCase("--filter *Swish* --job shrt", "shrt")]
    [TestCase("ceilings --device tpu", "tpu")]
    [TestCase("ceilings --device emulator", "debugging")]
    [TestCase("ceilings --threads -1", "--threads -1")]
    [TestCase("ceilings --width 3", "--width")]
    [TestCase("throughput", "--batch")]
    [TestCase("throughput resnet18", "--batch")]
    [TestCase("throughput resnet17 --batch 4", "resnet17")]
    [TestCase("throughput resnet18 --batch 0", "--batch 0")]
    [TestCase("throughput resnet18 --batch -4", "--batch -4")]
    [TestCase("throughput resnet18 --batch four", "four")]
    [TestCase("throughput resnet18 --batch 4 --width 0", "--width 0")]
    [TestCase("throughput resnet18 --batch 4 --steps 0", "--steps 0")]
    [TestCase("throughput resnet18 --batch 4 --threads 0", "--threads 0")]
    [TestCase("throughput resnet18 --batch 4 --mode test", "test")]
    [TestCase("throughput resnet18 --batch 4 --device tpu", "tpu")]
    [TestCase("throughput resnet18 --batch 4 --precision fp8", "fp8")]
    [TestCase("throughput resnet18 --batch 4 --device cpu --precision bf16", "bf16")]
    [TestCase("throughput resnet18 --batch 1000000000", "1000000000")]
    [TestCase("convolutions resnet18", "resnet18")]
    [TestCase("convolutions --backbone resnet17", "resnet17")]
    [TestCase("convolutions --backbone mlp", "mlp")]
    [TestCase("convolutions --batch 0", "--batch 0")]
    [TestCase("convolutions --batch many", "many")]
    [TestCase("convolutions --batch 1000000000", "1000000000")]
    [TestCase("convolutions --width 0", "--width 0")]
    [TestCase("convolutions --steps 0", "--steps 0")]
    [TestCase("convolutions --threads 0", "--threads 0")]
    [TestCase("convolutions --device tpu", "tpu")]
    [TestCase("deepfool", "run")]
    [TestCase("deepfool no-such-folder", "no-such-folder")]
    [TestCase("deepfool . --images 0", "--images 0")]
    [TestCase("deepfool . --batch 0", "--batch 0")]
    [TestCase("gpu-acceptance --device tpu", "tpu")]
    [TestCase("gpu-acceptance --device emulator --parts speed", "speed")]
    [TestCase("gpu-acceptance --device emulator --parts correctness,", "--parts correctness,")]
    [TestCase("gpu-acceptance --device emulator --operations relu,swich", "swich")]
    [TestCase("gpu-acceptance --device emulator --seconds 0", "--seconds 0")]
    [TestCase("gpu-acceptance --device emulator --seconds soon", "soon")]
    [TestCase("gpu-acceptance --device emulator --batch 0", "--batch 0")]
    [TestCase("gpu-acceptance --device emulator --width 0", "--width 0")]
    [TestCase("gpu-acceptance --device emulator --steps 0", "--steps 0")]
    [TestCase("gpu-acceptance --device emulator --cases 0", "--cases 0")]
    [TestCase("gpu-acceptance --device emulator --goldens no-such-folder", "no-such-folder")]
    [TestCase("gpu-acceptance --device emulator --out no-such-folder/a.json", "no-such-folder")]
    [TestCase("gpu-acceptance --device emulator --out .", "--out . is a folder; give a file, for example ./gpu-acceptance.json")]
    [TestCase("gpu-acceptance --device emulator --out /dev/null", "--out /dev/null is a device")]
    [TestCase("gpu-acceptance resnet18", "resnet18")]
    public void A_mistake_is_one_line_and_exit_code_2(string commandLine, string mentioned) =>
        Refuse(mentioned, commandLine.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    [Test]
    public void An_empty_name_of_a_file_is_refused() => Refuse("--out needs the name of a file", "gpu-acceptance", "--device", "emulator", "--out", "");

    private static void Refuse(string mentioned, params string[] arguments)
    {
        var run = CommandLineRun.Of(arguments);
        Assert.Multiple(() =>
        {
            Assert.That(run.ExitCode, Is.EqualTo(2), run.Error);
            Assert.That(run.Error.TrimEnd().Split('\n'), Has.Length.EqualTo(1), run.Error);
            Assert.That(run.Error, Does.Contain(mentioned));
            Assert.That(run.Output, Is.Empty);
        });
    }
}
