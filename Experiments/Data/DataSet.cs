using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace LpcEngine.Experiments.Data;

/// <summary>A data set ready for training.</summary>
/// <param name="Name">The name it was asked for by.</param>
/// <param name="ClassNames">The classes in the order of their labels.</param>
/// <param name="Train">Training images.</param>
/// <param name="Test">Test images, or null when there are none.</param>
/// <param name="Mean">Mean of each channel over the training images, pixels counted from 0 to 1.</param>
/// <param name="Std">Population standard deviation of each channel, in the same unit.</param>
/// <param name="Flip">Whether a mirrored image still shows its class (not so for digits).</param>
internal sealed record DataSet(
    string Name, IReadOnlyList<string> ClassNames, ImageSet Train, ImageSet? Test, float[] Mean, float[] Std, bool Flip)
{
    /// <summary>Where the images came from: a folder, an archive, a file, or a seed.</summary>
    public string Source { get; init; } = "";

    /// <summary>Images held out of the training set; null when none are.</summary>
    public ImageSet? Validation { get; init; }

    private const int Piece = 1 << 26;

    /// <summary>A digest of all pixels and labels (the first 16 digits of a SHA-256).</summary>
    public string Digest => digest ??= ComputeDigest();

    private string? digest;

    private string ComputeDigest()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var split in new[] { Train, Test, Validation })
        {
            if (split is null) continue;
            hash.AppendData(MemoryMarshal.AsBytes<int>([split.Count, split.Height, split.Width, split.Channels]));
            if (split.Bytes is not null) hash.AppendData(split.Bytes);
            // In pieces: more than 2^31 bytes of pixels are no span of bytes.
            for (var start = 0; start < split.Floats?.Length; start += Piece)
                hash.AppendData(MemoryMarshal.AsBytes(split.Floats.AsSpan(start, Math.Min(Piece, split.Floats.Length - start))));
            hash.AppendData(MemoryMarshal.AsBytes<int>(split.Labels));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }

    /// <summary>Number of classes.</summary>
    public int Classes => ClassNames.Count;

    /// <summary>All but the images. Computes the digest where it isn't known yet.</summary>
    public DataFacts Facts => new(Name, ClassNames, Train.Height, Train.Width, Train.Channels, Mean, Std, Flip, Digest, Train.Count, Test?.Count ?? 0);
}
