using LpcEngine.Engine;

namespace LpcEngine.Experiments.Data;

/// <summary>What the user may say about data.</summary>
internal sealed record DataOptions
{
    /// <summary>The data directory (<c>--data-dir</c>); null: the environment variable LPC_DATA, else <c>data</c>.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>Only the first n training images of each class (<c>--train-size</c>); for synthetic sets, how many to make.</summary>
    public int? TrainPerClass { get; init; }

    /// <summary>Training images of each class that are held out (<c>--validation-size</c>); null for none.</summary>
    public int? ValidationPerClass { get; init; }

    /// <summary>Only the first n test images of each class (<c>--test-size</c>); for synthetic sets, how many to make.</summary>
    public int? TestPerClass { get; init; }

    /// <summary>Seed of the synthetic sets.</summary>
    public ulong Seed { get; init; }

    /// <summary>Number of classes for <c>tensors:</c> files; null: the largest label plus one.</summary>
    public int? Classes { get; init; }

    /// <summary>Side of the images of <c>folder:</c> in pixels (<c>--image-size</c>); null: 32.</summary>
    public int? ImageSide { get; init; }

    /// <summary>Fetch what is missing without asking.</summary>
    public bool Yes { get; init; }

    /// <summary>Asks the user a question; null where nobody can answer, and then nothing is asked.</summary>
    public Func<string, bool>? Confirm { get; init; }

    /// <summary>Hears how far a fetch is.</summary>
    public IProgress<DataProgress>? Progress { get; init; }

    /// <summary>A folder on the web that holds the official files, asked before the official hosts; null: those only.</summary>
    public Uri? Mirror { get; init; }

    /// <summary>The data directory that these options mean.</summary>
    public string ResolveDirectory()
    {
        string? environment = Environment.GetEnvironmentVariable("LPC_DATA");
        string folder = DataDirectory ?? (string.IsNullOrWhiteSpace(environment) ? "data" : environment);
        return !File.Exists(folder) ? folder : throw new UserErrorException(
            $"{(DataDirectory is null ? "LPC_DATA" : "--data-dir")} {folder} is a file; give the folder that it lies in.");
    }
}

/// <summary>How far a fetch is.</summary>
/// <param name="File">The file.</param>
/// <param name="Done">Bytes that are here.</param>
/// <param name="Total">Bytes in all, 0 when unknown.</param>
internal readonly record struct DataProgress(string File, long Done, long Total);
