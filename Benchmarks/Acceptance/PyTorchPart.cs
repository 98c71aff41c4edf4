using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using LpcEngine.Engine;

namespace LpcEngine.Benchmarks.Acceptance;

/// <summary>The steps of <see cref="ThroughputPart"/> in PyTorch (peers/pytorch.py), channels last: eager, then compiled.</summary>
internal sealed class PyTorchPart : IAcceptancePart
{
    /// <summary>The part's name, for those who complete its rows.</summary>
    public const string PartName = "pytorch";

    // For an import that waits for something, a network's file system say: it is asked before the first part, whose time it would take.
    private static readonly TimeSpan LongestQuestion = TimeSpan.FromSeconds(30);

    private const string RatioKey = "ratio", OursKey = "ours_images_per_second";

    private string? python;

    public string Name => PartName;

    public double Share => 90;

    public bool Judges => false;

    public bool WantsFreshDevices => false;

    public string? Obstacle(AcceptanceOptions options)
    {
        if (options.Kind == "emulator") return "the emulator is for debugging; its speed says nothing";
        if (!File.Exists(Script)) return "peers/pytorch.py is not beside the program";
        python = (options.Python is { } named ? [named] : (string[])["python3", "/usr/bin/python3"]).FirstOrDefault(candidate => Answers(candidate, "import torch"));
        if (python is null) return "no PyTorch";
        return options.Kind == "cuda" && !Answers(python, "import torch, sys; sys.exit(not torch.cuda.is_available())") ? "no PyTorch that sees a CUDA device" : null;
    }

    public IEnumerable<AcceptanceCheck> Checks(AcceptanceOptions options, Device device)
    {
        if (python is null && Obstacle(options) is { } reason) throw new UserErrorException(reason);
        // What is quick to start comes first.
        foreach (var isCompiled in (bool[])[false, true])
            foreach (var backbone in ThroughputPart.Backbones)
                foreach (var precision in AcceptanceOptions.PrecisionsOf(device))
                    yield return new(ItemOf(backbone, options, isCompiled), precision, _ => Measure(backbone, options, AcceptanceCheck.NameOf(precision), isCompiled));
    }

    /// <summary>Puts our speed, where it was measured, beside theirs.</summary>
    /// <param name="theirs">A row of this part.</param>
    /// <param name="all">All rows.</param>
    /// <param name="options">The command line.</param>
    /// <returns>The row with both and their ratio, or as it was.</returns>
    public static AcceptanceResult Compared(AcceptanceResult theirs, IReadOnlyList<AcceptanceResult> all, AcceptanceOptions options)
    {
        var backbone = theirs.Item.Split(',')[0];
        var same = all.FirstOrDefault(row => row.Part == ThroughputPart.PartName && row.Precision == theirs.Precision && row.Item == ThroughputPart.ItemOf(backbone, options));
        if (same?.Outcome.Numbers[ThroughputPart.SpeedKey] is not { } ours || theirs.Outcome.Numbers[ThroughputPart.SpeedKey] is not { } speed) return theirs;
        var ratio = (double)ours / (double)speed;
        var numbers = theirs.Outcome.Numbers.DeepClone().AsObject();
        (numbers[OursKey], numbers[RatioKey]) = ((double)ours, Math.Round(ratio, 3));
        return theirs with
        {
            Outcome = theirs.Outcome with { Numbers = numbers, Summary = string.Create(CultureInfo.InvariantCulture, $"{theirs.Outcome.Summary}; ours {(double)ours:n0} images/s, {ratio:n2} times theirs") },
        };
    }

    private static string Script => Path.Combine(AppContext.BaseDirectory, "peers", "pytorch.py");

    private static string ItemOf(string backbone, AcceptanceOptions options, bool isCompiled) => $"{ThroughputPart.ItemOf(backbone, options)}, {(isCompiled ? "torch.compile" : "eager")}";

    private Outcome Measure(string backbone, AcceptanceOptions options, string precision, bool isCompiled)
    {
        var isCuda = options.Kind == "cuda";
        if (!isCuda && precision == "tf32") return Outcome.NotRun("PyTorch has no tf32 on a processor");
        string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
        var (code, output, error) = Call(python!,
        [
            Script, backbone, "--batch", Number(options.Batch), "--width", Number(options.Width), "--steps", Number(options.Steps), "--channels-last",
            "--device", isCuda ? options.Device : "cpu", "--precision", precision, .. isCompiled ? (string[])["--compile"] : [],
        ]);
        if (code != 0)
        {
            var said = error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault();
            return Outcome.NotRun($"PyTorch ended with exit code {code}{(said is null ? "" : $": {said}")}");
        }
        var numbers = JsonNode.Parse(output.Trim().Split('\n')[^1])!.AsObject();
        return new(Verdict.Measured, string.Create(CultureInfo.InvariantCulture,
            $"PyTorch {(string?)numbers["version"]}: {(double)numbers[ThroughputPart.SpeedKey]!:n0} images/s, {(double)numbers["milliseconds_per_step"]!:n2} ms a step, {(double)numbers["peak_memory_mib"]!:n0} MiB"))
        {
            Numbers = numbers,
        };
    }

    private static bool Answers(string python, string program)
    {
        try { return Call(python, ["-c", program], LongestQuestion).Code == 0; }
        catch (Win32Exception) { return false; } // there is no such program
    }

    // Without a limit: a part's process is ended from outside when its time is over, and with it what it has started.
    private static (int Code, string Output, string Error) Call(string python, string[] arguments, TimeSpan? limit = null)
    {
        using var process = Process.Start(new ProcessStartInfo(python, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, UseShellExecute = false })!;
        process.StandardInput.Close();
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        if (limit is { } most && !process.WaitForExit(most))
        {
            process.Kill(entireProcessTree: true);
            return (-1, "", "");
        }
        process.WaitForExit();
        return (process.ExitCode, output.Result, error.Result);
    }
}
