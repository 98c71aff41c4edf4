using System.Globalization;
using LpcEngine.Engine;
using LpcEngine.Kernels;

namespace LpcEngine.Benchmarks.Acceptance;

/// <summary>What the command line of <c>gpu-acceptance</c> says.</summary>
internal sealed record AcceptanceOptions
{
    /// <summary>As the engine's <c>--device</c>.</summary>
    public string Device { get; init; } = "cuda";

    /// <summary>A folder with PyTorch's values; null for none.</summary>
    public string? Goldens { get; init; }

    /// <summary>Images per step of throughput, determinism and PyTorch.</summary>
    public int Batch { get; init; } = 128;

    /// <summary>Channels of the first stage there.</summary>
    public int Width { get; init; } = 64;

    /// <summary>Steps that are timed there.</summary>
    public int Steps { get; init; } = 20;

    /// <summary>Cases of each operation in the roofline, the largest first.</summary>
    public int Cases { get; init; } = 3;

    /// <summary>Operations that correctness and roofline look at; null for all.</summary>
    public IReadOnlyList<string>? Operations { get; init; }

    /// <summary>The Python that may have PyTorch; null for the first of the usual ones that does.</summary>
    public string? Python { get; init; }

    /// <summary>The kind of device: cpu, cuda, opencl, emulator.</summary>
    public string Kind => Device.Split(':')[0];

    /// <summary>The same as arguments, for a process that does one part.</summary>
    public IEnumerable<string> ToArguments()
    {
        string[] numbers = [Batch.ToString(CultureInfo.InvariantCulture), Width.ToString(CultureInfo.InvariantCulture), Steps.ToString(CultureInfo.InvariantCulture), Cases.ToString(CultureInfo.InvariantCulture)];
        return [
            "--device", Device, "--batch", numbers[0], "--width", numbers[1], "--steps", numbers[2], "--cases", numbers[3],
            .. Goldens is null ? (string[])[] : ["--goldens", Goldens],
            .. Operations is null ? (string[])[] : ["--operations", string.Join(',', Operations)],
            .. Python is null ? (string[])[] : ["--python", Python],
        ];
    }

    /// <summary>The chosen ones of some operations.</summary>
    /// <param name="all">All of them.</param>
    public IEnumerable<OpSpec> Chosen(IEnumerable<OpSpec> all) => all.Where(spec => Operations is null || Operations.Contains(spec.Name));

    /// <summary>Precisions that a device computes in, by their names.</summary>
    /// <param name="device">The device.</param>
    public static IEnumerable<Precision> PrecisionsOf(Device device) => Enum.GetValues<Precision>().Where(device.Computes);
}
