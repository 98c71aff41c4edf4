namespace LpcEngine.Tests.Fuzzing;

/// <summary>A damaged file, on its way into a reader.</summary>
/// <param name="Folder">The folder of the worker that reads it.</param>
/// <param name="Path">Where it lies.</param>
/// <param name="Content">Its bytes.</param>
/// <param name="Worker">What the worker has made once, to read into.</param>
internal sealed record FuzzInput(string Folder, string Path, byte[] Content, IDisposable? Worker);

/// <summary>A reader, the files that it is to be given damaged, and what it may cost.</summary>
/// <param name="Name">What is read, for the table.</param>
/// <param name="Count">How many damaged files.</param>
/// <param name="FileName">The file's name in the worker's folder; null for a reader of memory.</param>
/// <param name="Seeds">Sound files, made by our own writers.</param>
/// <param name="Read">Reads it to the last byte.</param>
internal sealed record FuzzTarget(string Name, int Count, string? FileName, IReadOnlyList<byte[]> Seeds, Action<FuzzInput> Read)
{
    /// <summary>Managed bytes that a reader may allocate whatever the file: buffers, and the message of an error with its stack.</summary>
    public long FreeBytes { get; init; } = 256 << 10;

    /// <summary>Managed bytes that it may allocate for each byte of the file.</summary>
    public double BytesPerByte { get; init; } = 40;

    /// <summary>Whether the reader spreads its work over threads, whose allocations can't be told apart.</summary>
    public bool IsParallel { get; init; }

    /// <summary>Makes what else must lie in a worker's folder.</summary>
    public Action<string>? Prepare { get; init; }

    /// <summary>Makes what a worker reads into.</summary>
    public Func<IDisposable>? NewWorker { get; init; }

    /// <summary>Puts right the checksums of every second damaged file, so that what lies behind them is reached, too.</summary>
    public Func<byte[], byte[]>? Mend { get; init; }
}
