using LpcEngine.Tests.Experiments;

namespace LpcEngine.Tests.Screen;

/// <summary>What the program writes to a terminal of the system.</summary>
/// <remarks>Nothing of this process but files in a folder of its own: other fixtures may run beside this one.</remarks>
[Parallelizable]
public sealed class RealTerminal
{
    [Test]
    public void On_a_real_terminal_modes_and_environment_decide_about_colours_and_curves()
    {
        if (!File.Exists("/usr/bin/script")) Assert.Ignore("needs script, which makes a terminal");
        using var temporary = new TemporaryFolder();
        const string ownOfDotNet = "\u001b[?1h\u001b="; // sent when it first touches a terminal
        var (full, bare, dumb, plain) = (Train("full", ""), Train("bare", "NO_COLOR=1"), Train("dumb", "TERM=dumb"), Train("plain", "", "--plain"));
        Assert.That(full, Does.Contain("38;5;30m").And.Contain("collapse  "));
        Assert.That(bare, Does.Contain("collapse  ").And.Not.Match("\u001b\\[[0-9;]*38;"), "curves without colours");
        Assert.That(dumb, Does.Not.Contain("\u001b").And.Not.Contain("collapse  "));
        Assert.That(plain, Does.Not.Contain("\u001b").And.Not.Contain("collapse  "));
        foreach (var screen in (string[])[full, bare, dumb, plain]) Assert.That(screen, Does.Contain("network").And.Contain("accuracy").And.Contain("2 steps in"));
        Assert.That(Train("quiet", "", "--quiet").Trim(), Is.Empty);
        Assert.That(Train("quiet", "", "--quiet", "--json").Trim(), Does.StartWith("{\"").And.EndsWith("}").And.Not.Contain("\n"));
        Assert.That(File.ReadAllText(temporary["quiet/log.txt"]), Does.Contain("network   mlp"));

        string Train(string name, string setting, params string[] more)
        {
            string[] words =
            [
                "env", "-u", "NO_COLOR", "-u", "COLORTERM", "TERM=xterm-256color", .. setting.Length > 0 ? (string[])[setting] : [],
                Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", Path.Combine(TestContext.CurrentContext.TestDirectory, "Experiments.dll"),
                "synthetic10", "lpc-narrow", "--preset", "quick", "--backbone", "mlp", "--width", "1", "--train-size", "2", "--test-size", "1", "--epochs", "2", "--batch", "20", "--eval-every", "1",
                "--deepfool-images", "0", "--pgd-images", "0", "--device", "cpu", "--yes", "--out", temporary[name], .. more,
            ];
            using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("script")
            {
                ArgumentList = { "-qec", string.Join(' ', words.Select(word => $"'{word}'")), "/dev/null" }, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true,
            })!;
            var (code, output, error) = Subprocess.End(process);
            Assert.That(code, Is.Zero, output + error);
            return output.Replace("\r\n", "\n").Replace(ownOfDotNet, "");
        }
    }
}
