using System.CommandLine;
using LpcEngine.Engine;

namespace LpcEngine.Benchmarks.Commands;

/// <summary>Chooses between our verbs and BenchmarkDotNet, whose command line is its own.</summary>
internal static class Verbs
{
    /// <summary>Parses and runs a command line.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="UserErrorException">The command line, or something that it names, is wrong.</exception>
    public static int Run(string[] arguments)
    {
        if (arguments.Length > 0 && arguments[0].StartsWith('-') && arguments is not ["--help" or "-h" or "-?" or "--version"]) return OperationsCommand.Execute(arguments);
        return Parse(arguments).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
    }

    /// <summary>What a command line with a verb asks for, without doing it.</summary>
    /// <returns>A result without errors.</returns>
    /// <exception cref="UserErrorException">A verb, an option or a value is wrong.</exception>
    public static ParseResult Parse(string[] arguments)
    {
        var root = new RootCommand(
            "Measures the engine: ceilings, convolutions, throughput, DeepFool and all of a GPU, or, with --filter '*Conv2d*', operations through BenchmarkDotNet.")
        {
            CeilingsVerb.Create(), ThroughputVerb.Create(), ConvolutionsVerb.Create(), DeepFoolVerb.Create(), GpuAcceptanceVerb.Create(),
        };
        if (arguments is ["--help" or "-h" or "-?" or "--version"]) return root.Parse(arguments);
        if (arguments.Length == 0)
        {
            throw new UserErrorException("Say what to measure: --filter '*Conv2d*' (operations), ceilings, convolutions, "
                + "throughput resnet18 --batch 128, deepfool RUN, or gpu-acceptance; --help lists the options.");
        }
        if (!root.Subcommands.Any(verb => verb.Name == arguments[0]))
            throw new UserErrorException($"Unknown verb '{arguments[0]}'; known are {string.Join(", ", root.Subcommands.Select(verb => verb.Name))}, and --filter for operations.");

        var parsed = root.Parse(arguments);
        // One line, the first mistake alone: the others often follow from it.
        return parsed.Errors.Count == 0
            ? parsed
            : throw new UserErrorException($"{parsed.Errors[0].Message.ReplaceLineEndings(" ").TrimEnd('.')}. --help lists what is known.");
    }

    public static Option<T> Option<T>(string name, string description) => new(name) { Description = description };

    public static Option<string?> Device() => Option<string?>("--device", "cpu (default), auto, cuda[:i], opencl[:i] or emulator");

    public static Option<int?> Threads() => Option<int?>("--threads", "threads of the cpu device (default: all cores)");

    /// <summary>The value of an option that counts something.</summary>
    public static int Positive(string option, int value) => value >= 1 ? value : throw new UserErrorException($"{option} {value}: must be at least 1.");

    /// <summary>Opens the device that the options name.</summary>
    public static Device Open(string? device, int? threads) => threads < 1
        ? throw new UserErrorException($"--threads {threads}: must be at least 1.")
        : Devices.Open(device ?? "cpu", threads ?? 0);
}
