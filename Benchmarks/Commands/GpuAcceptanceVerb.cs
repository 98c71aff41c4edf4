using System.CommandLine;
using LpcEngine.Benchmarks.Acceptance;
using LpcEngine.Engine;
using LpcEngine.Experiments.Commands;
using LpcEngine.Kernels;

namespace LpcEngine.Benchmarks.Commands;

/// <summary><c>gpu-acceptance</c>: whether a GPU computes what it should, and how fast, as one table and one file of JSON.</summary>
internal static class GpuAcceptanceVerb
{
    private const int UsualSeconds = 480;
    private const string UsualFile = "gpu-acceptance.json";

    public static Command Create()
    {
        var usual = new AcceptanceOptions();
        var names = string.Join(", ", AcceptanceParts.All().Select(part => part.Name));
        var device = Verbs.Option<string?>("--device", "cuda[:i] (default), opencl[:i], emulator, cpu or auto");
        var parts = Verbs.Option<string?>("--parts", $"only some of {names}; with commas between them");
        var file = Verbs.Option<string?>("--out", $"the file of JSON (default {UsualFile})");
        var seconds = Verbs.Option<int?>("--seconds", $"time for all (default {UsualSeconds}); what does not fit is not run, and says so");
        var goldens = Verbs.Option<string?>("--goldens", "the folder with PyTorch's values; without it they are not compared");
        var batch = Verbs.Option<int?>("--batch", $"images per step of throughput, determinism and pytorch (default {usual.Batch})");
        var width = Verbs.Option<int?>("--width", $"channels of the first stage there (default {usual.Width})");
        var steps = Verbs.Option<int?>("--steps", $"steps that are timed there (default {usual.Steps})");
        var cases = Verbs.Option<int?>("--cases", $"cases of each operation in roofline, the largest first (default {usual.Cases})");
        var operations = Verbs.Option<string?>("--operations", "operations that correctness and roofline look at, with commas between them (default all)");
        var python = Verbs.Option<string?>("--python", "the Python that has PyTorch (default python3, then /usr/bin/python3)");
        // How this program calls itself for one part.
        var worker = new Option<string?>("--worker") { Hidden = true };
        var from = new Option<int>("--from") { Hidden = true };
        var command = new Command("gpu-acceptance", "Checks and measures everything on a GPU: a table, and a file of JSON; exit code 1 if a check failed.")
        {
            device, parts, file, seconds, goldens, batch, width, steps, cases, operations, python, worker, from,
        };
        command.SetAction(parsed =>
        {
            var options = new AcceptanceOptions
            {
                Device = parsed.GetValue(device) ?? usual.Device,
                Goldens = parsed.GetValue(goldens),
                Batch = Verbs.Positive("--batch", parsed.GetValue(batch) ?? usual.Batch),
                Width = Verbs.Positive("--width", parsed.GetValue(width) ?? usual.Width),
                Steps = Verbs.Positive("--steps", parsed.GetValue(steps) ?? usual.Steps),
                Cases = Verbs.Positive("--cases", parsed.GetValue(cases) ?? usual.Cases),
                Operations = Known("--operations", parsed.GetValue(operations), [.. Operations.All.Select(spec => spec.Name)]),
                Python = parsed.GetValue(python),
            };
            var time = Verbs.Positive("--seconds", parsed.GetValue(seconds) ?? UsualSeconds);
            var all = AcceptanceParts.All();
            if (parsed.GetValue(worker) is { } alone)
            {
                PartWorker.Run(all.Single(part => part.Name == alone), options, parsed.GetValue(from), TimeSpan.FromSeconds(time));
                return 0;
            }
            var chosen = Known("--parts", parsed.GetValue(parts), [.. all.Select(part => part.Name)]);
            GoldensPart.Require(options.Goldens);
            var path = parsed.GetValue(file) ?? UsualFile;
            OutputFile.Require("--out", path, UsualFile);
            return AcceptanceRun.Execute([.. all.Where(part => chosen?.Contains(part.Name) ?? true)], options, time, path) ? 0 : 1;
        });
        return command;
    }

    // Names between commas; null where the option was not given.
    private static string[]? Known(string option, string? value, string[] known)
    {
        if (value is null) return null;
        var names = value.Split(',', StringSplitOptions.TrimEntries);
        foreach (var name in names)
            if (!known.Contains(name)) throw new UserErrorException($"{option} {value}: there is no '{name}'; known are {string.Join(", ", known)}.");
        return names;
    }
}
