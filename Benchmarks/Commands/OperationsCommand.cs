using System.Globalization;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.ConsoleArguments;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Order;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;
using LpcEngine.Benchmarks.Suite;
using LpcEngine.Engine;
using LpcEngine.Kernels;
using Perfolizer.Horology;

namespace LpcEngine.Benchmarks.Commands;

/// <summary>The operations' benchmarks: our <c>--filter</c>, <c>--list</c>, <c>--device</c> and <c>--threads</c>, then BenchmarkDotNet with its own arguments.</summary>
internal static class OperationsCommand
{
    private static readonly TimeSpan LongestRow = TimeSpan.FromHours(1);

    /// <summary>Runs the chosen rows.</summary>
    /// <returns>0, or 1 when a row failed.</returns>
    public static int Execute(string[] arguments)
    {
        var ours = OperationsArguments.Parse(arguments);
        var rows = RowFilter.Choose(BenchmarkRow.All(), ours.Filters);
        var parsed = ParseTheirs(ours.Others);
        if (ours.List)
        {
            foreach (var row in rows) Console.Out.WriteLine(row);
            return 0;
        }
        using var device = Verbs.Open(ours.Device, ours.Threads);
        var ceilings = Ceilings.CanMeasure(device) ? Ceilings.Measure(device) : null;
        if (ceilings is not null) rows = WithoutTheLargest(rows, device, ceilings);
        (OperationBenchmarks.Device, OperationBenchmarks.Selected) = (device, rows);
        var summary = BenchmarkRunner.Run(typeof(OperationBenchmarks), Configure(parsed, ours.Others, device, ceilings));
        if (ceilings is not null)
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Ceilings of {device.Name} ({device.Description}): {ceilings.Gflops:n1} GFLOP/s, {ceilings.Bandwidth:n1} GB/s."));
        return summary.HasCriticalValidationErrors || summary.Reports.Length < rows.Count || summary.Reports.Any(report => !report.Success) ? 1 : 0;
    }

    private static BenchmarkRow[] WithoutTheLargest(IReadOnlyList<BenchmarkRow> rows, Device device, DeviceCeilings ceilings)
    {
        const string TooMuch = "a pass would take more than a second at the device's peak";
        foreach (var row in rows.Where(IsTooMuch)) Console.Error.WriteLine($"{row} is left out on {device.Name}: {TooMuch}.");
        var left = rows.Where(row => !IsTooMuch(row)).ToArray();
        return left.Length > 0 ? left : throw new UserErrorException($"Of what --filter chooses nothing is left on {device.Name}: {TooMuch}. Choose smaller cases (--list shows them), or a faster device.");

        bool IsTooMuch(BenchmarkRow row) => row.IsTooMuchFor(ceilings, Precision.Fp32);
    }

    private static IConfig ParseTheirs(string[] arguments)
    {
        var log = new AccumulationLogger();
        var (success, config, _) = ConfigParser.Parse(arguments, log);
        if (success) return config;
        // After a heading "ERROR(S):", or alone.
        var lines = log.GetLog().Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0).ToList();
        var mistake = lines.ElementAtOrDefault(lines.IndexOf("ERROR(S):") + 1) ?? "no reason given";
        throw new UserErrorException($"BenchmarkDotNet refuses '{string.Join(' ', arguments)}': {mistake}");
    }

    // In process: a process of its own for each row would open the device, compile its kernels and draw the inputs again, and the engine has no state that rows could
    // share beyond the memory that training shares too. The compiler's tiers, the other reason for processes, are off in this project.
    private static ManualConfig Configure(IConfig parsed, string[] arguments, Device device, DeviceCeilings? ceilings)
    {
        var config = ManualConfig.Create(DefaultConfig.Instance).AddExporter(parsed.GetExporters().ToArray());
        config.ArtifactsPath = parsed.ArtifactsPath ?? config.ArtifactsPath;
        config.Options = parsed.Options | ConfigOptions.DisableLogFile & parsed.Options;
        var jobs = parsed.GetJobs().DefaultIfEmpty(Job.Default).ToArray();
        // Passes take from microseconds to a second; BenchmarkDotNet's usual half second times fifteen and more would make a suite an affair of an hour.
        var quick = !arguments.Any(argument => argument is "--job" or "-j");
        foreach (var job in jobs)
        {
            var chosen = quick ? Quick(job) : job;
            config.AddJob(chosen.WithToolchain(new InProcessNoEmitToolchain(LongestRow, logOutput: false)));
        }
        config.AddColumn(
            new RowColumn("Device", "Device of the engine", (_, _) => device.Name, before: true),
            new RowColumn("GFLOP/s", "10⁹ floating-point operations per second (a multiply-add counts 2)",
                static (row, time) => Number(time is { } t && row.Flops > 0 ? row.Gflops(t) : null)),
            new RowColumn("GB/s", "10⁹ bytes per second, of those that must be moved",
                static (row, time) => Number(time is { } t && row.Bytes > 0 ? row.Bandwidth(t) : null)),
            new RowColumn("% of ceiling",
                "Of the measured peak of multiply-adds (compute-bound) or of the measured bandwidth (memory-bound); "
                    + "over 100 where a pass works in the caches, or an algorithm needs fewer operations",
                (row, time) => Number(ceilings is not null && time is { } t ? row.Percent(t, ceilings) : null)));
        config.HideColumns("Method", "Job", "Toolchain", "IterationCount", "IterationTime", "UnrollFactor", "WarmupCount", "MaxIterationCount", "MinIterationCount");
        config.Orderer = new DefaultOrderer(SummaryOrderPolicy.Declared);
        config.SummaryStyle = SummaryStyle.Default.WithMaxParameterColumnWidth(120);
        return config;
    }

    private static Job Quick(Job job)
    {
        if (!job.HasValue(BenchmarkDotNet.Jobs.RunMode.WarmupCountCharacteristic)) job = job.WithWarmupCount(2);
        if (!job.HasValue(BenchmarkDotNet.Jobs.RunMode.IterationCountCharacteristic)) job = job.WithIterationCount(7);
        if (!job.HasValue(BenchmarkDotNet.Jobs.RunMode.IterationTimeCharacteristic)) job = job.WithIterationTime(TimeInterval.FromMilliseconds(150));
        return job.WithUnrollFactor(1);
    }

    private static string Number(double? value) => value?.ToString(value < 10 ? "n2" : "n1", CultureInfo.InvariantCulture) ?? "-";
}
