using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using LpcEngine.Engine;
using LpcEngine.Kernels;

namespace LpcEngine.Benchmarks.Commands;

/// <summary><c>ceilings</c>: what the device can do at most.</summary>
internal static class CeilingsVerb
{
    public static Command Create()
    {
        var (device, threads) = (Verbs.Device(), Verbs.Threads());
        var command = new Command("ceilings", "Peak rate of multiply-adds and memory bandwidth of a device, measured; the last line is JSON.") { device, threads };
        command.SetAction(parsed =>
        {
            using var opened = Verbs.Open(parsed.GetValue(device), parsed.GetValue(threads));
            Print(opened, Ceilings.Measure(opened));
            return 0;
        });
        return command;
    }

    private static void Print(Device device, DeviceCeilings found)
    {
        Console.Out.WriteLine($"{device.Name}: {device.Description}");
        Row("multiply-adds, fp32", found.Gflops, "GFLOP/s");
        if (found.Tf32Gflops is { } tf32) Row("tensor cores, tf32", tf32, "GFLOP/s");
        if (found.Bf16Gflops is { } bf16) Row("tensor cores, bf16", bf16, "GFLOP/s");
        Row("copy", found.CopyBandwidth, "GB/s (read and written)");
        Row("streaming copy", found.StreamingCopyBandwidth, "GB/s (read and written)");
        Row("read", found.ReadBandwidth, "GB/s");
        Console.Out.WriteLine(new JsonObject
        {
            ["device"] = device.Name,
            ["description"] = device.Description,
            ["gflops"] = Math.Round(found.Gflops, 1),
            ["tf32_gflops"] = Rounded(found.Tf32Gflops),
            ["bf16_gflops"] = Rounded(found.Bf16Gflops),
            ["copy_gb_per_second"] = Math.Round(found.CopyBandwidth, 2),
            ["streaming_copy_gb_per_second"] = found.StreamingCopyBandwidth is { } streaming ? Math.Round(streaming, 2) : null,
            ["read_gb_per_second"] = Math.Round(found.ReadBandwidth, 2),
        }.ToJsonString());

        static JsonNode? Rounded(double? gflops) => gflops is { } known ? Math.Round(known, 1) : null;
    }

    private static void Row(string what, double? value, string unit) =>
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {what,-20} {value,10:n1} {(value is null ? "no such stores on this device" : unit)}"));
}
