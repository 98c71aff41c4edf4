using System.CommandLine;
using System.Globalization;
using LpcEngine.Engine;
using LpcEngine.Kernels;

namespace LpcEngine.Experiments.Commands;

/// <summary><c>devices</c>: what is there, what each operation can do on it, and how fast it is.</summary>
internal static class DevicesVerb
{
    public static Command Create()
    {
        var operations = SharedOptions.Flag("--ops", "the table of operations and where they run");
        var measure = SharedOptions.Flag("--measure", "measure peak arithmetic and memory bandwidth");
        var command = new Command("devices", "The devices of this machine.") { operations, measure };
        command.SetAction(parsed =>
        {
            var names = Devices.Available(out var objections);
            foreach (var name in names) Print(name, static name => Devices.Open(name), parsed.GetValue(measure), Console.Out);
            foreach (var objection in objections) Console.Out.WriteLine($"{"cuda",-10} not usable: {objection}.");
            if (parsed.GetValue(operations)) Console.Out.Write($"\n{OperationTable.Text()}");
            return ExitCodes.Done;
        });
        return command;
    }

    internal static void Print(string name, Func<string, Device> open, bool measure, TextWriter output)
    {
        Device opened;
        try { opened = open(name); }
        catch (UserErrorException problem)
        {
            // One that is busy, or whose driver is broken, is no reason to say nothing of the others.
            output.WriteLine($"{name,-10} not usable: {problem.Message}");
            return;
        }
        using var device = opened;
        output.WriteLine($"{name,-10} {device.Description}, {device.TotalMemoryBytes >> 20:N0} MiB");
        if (!measure) return;
        if (!Ceilings.CanMeasure(device))
        {
            output.WriteLine($"{"",-10} for debugging kernels; its speed says nothing");
            return;
        }
        try
        {
            var found = Ceilings.Measure(device);
            var tensorCores = found is { Tf32Gflops: { } tf32, Bf16Gflops: { } bf16 } ? string.Create(CultureInfo.InvariantCulture, $", {tf32:n1} tf32, {bf16:n1} bf16") : "";
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{"",-10} {found.Gflops:n1} GFLOP/s fp32{tensorCores}, {found.Bandwidth:n1} GB/s copied (read and written), {found.ReadBandwidth:n1} GB/s read"));
        }
        catch (UserErrorException problem)
        {
            // Nor is one that lacks the memory.
            output.WriteLine($"{"",-10} not measured: {problem.Message}");
        }
    }
}
