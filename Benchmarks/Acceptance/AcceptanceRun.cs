using System.Diagnostics;
using System.Globalization;
using LpcEngine.Engine;

namespace LpcEngine.Benchmarks.Acceptance;

/// <summary>The acceptance: part after part, each in processes of its own, within a time for all.</summary>
internal static class AcceptanceRun
{
    /// <summary>Runs some parts, writes the file after each, prints the table at the end.</summary>
    /// <param name="parts">The parts, in order.</param>
    /// <param name="options">The command line.</param>
    /// <param name="seconds">Time for all; a part may have its share of what is left.</param>
    /// <param name="path">The file of JSON.</param>
    /// <returns>Whether no check failed.</returns>
    /// <exception cref="UserErrorException">The device is not there, or the file can't be written.</exception>
    public static bool Execute(IReadOnlyList<IAcceptancePart> parts, AcceptanceOptions options, double seconds, string path)
    {
        var watch = Stopwatch.StartNew();
        var report = Begin(options);
        options = options with { Device = report.Device }; // auto may be any
        report.Write(path, 0, isComplete: false); // what can't be written is known before anything is measured
        for (var i = 0; i < parts.Count; i++)
        {
            var part = parts[i];
            var share = part.Share / parts.Skip(i).Sum(later => later.Share);
            if (part.Obstacle(options) is { } obstacle)
            {
                Hear(new(part.Name, "all", null, Outcome.NotRun(obstacle), 0));
            }
            else
            {
                var time = TimeSpan.FromSeconds(Math.Max(0, (seconds - watch.Elapsed.TotalSeconds) * share));
                new PartProcess(part, (first, left) => ThisProgram(part, options, first, left), Hear).Run(time);
            }
            report.Write(path, watch.Elapsed.TotalSeconds, isComplete: i == parts.Count - 1);
        }
        Console.Out.Write(report.Table(watch.Elapsed.TotalSeconds));
        return report.IsPassed;

        void Hear(AcceptanceResult result)
        {
            if (result.Part == PyTorchPart.PartName) result = PyTorchPart.Compared(result, report.Results, options);
            report.Results.Add(result);
            Console.Error.WriteLine(result);
        }
    }

    private static AcceptanceReport Begin(AcceptanceOptions options)
    {
        using var device = Devices.Open(options.Device);
        return new(device.Name, device.Description, device.TotalMemoryBytes, [.. AcceptanceOptions.PrecisionsOf(device).Select(AcceptanceCheck.NameOf)]);
    }

    // The executable itself, or the dotnet host with this assembly.
    private static ProcessStartInfo ThisProgram(IAcceptancePart part, AcceptanceOptions options, int first, TimeSpan time)
    {
        var (assembly, host) = (typeof(AcceptanceRun).Assembly, Environment.ProcessPath);
        var name = Path.GetFileNameWithoutExtension(host);
        var start = host is not null && name == assembly.GetName().Name
            ? new ProcessStartInfo(host)
            : new ProcessStartInfo(name == "dotnet" ? host! : Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet") { ArgumentList = { assembly.Location } };
        string[] arguments =
        [
            "gpu-acceptance", .. options.ToArguments(), "--worker", part.Name, "--from", first.ToString(CultureInfo.InvariantCulture),
            "--seconds", Math.Max(1, time.TotalSeconds).ToString("f0", CultureInfo.InvariantCulture),
        ];
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        return start;
    }
}
