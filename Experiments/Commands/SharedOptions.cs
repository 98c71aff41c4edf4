using System.CommandLine;

namespace LpcEngine.Experiments.Commands;

/// <summary>Options that several verbs have.</summary>
internal static class SharedOptions
{
    public static Option<string?> Device() => Make<string?>("--device", "auto, cpu, cuda[:i], opencl[:i] or emulator (default auto: cuda if there, else cpu)");

    public static Option<int?> Threads() => Make<int?>("--threads", "threads of the cpu device (default: all cores); any number gives the same bits");

    public static Option<string?> Precision() => Make<string?>("--precision", "fp32 (default), tf32 or bf16");

    public static Option<string?> DataDirectory() => Make<string?>("--data-dir", "where data sets lie (default: $LPC_DATA, else ./data)");

    public static Option<T> Make<T>(string name, string description) => new(name) { Description = description };
}
