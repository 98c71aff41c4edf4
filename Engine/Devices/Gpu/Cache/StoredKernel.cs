using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace LpcEngine.Engine;

/// <summary>What is kept of a compiled kernel: its text for the driver, and what ILGPU needs to know to launch it.</summary>
/// <param name="Text">PTX or OpenCL C.</param>
/// <param name="SharedBytes">Shared memory that the text declares.</param>
/// <param name="HasDynamicShared">Whether the launch adds to it.</param>
/// <remarks>A file of text: a line with the checksum of everything below it, a line about shared memory, the key, an empty line, the kernel's text.</remarks>
internal sealed record StoredKernel(string Text, int SharedBytes, bool HasDynamicShared)
{
    private const string Magic = "LpcEngine kernel 1 ", Shared = "shared ", Dynamic = " dynamic";

    /// <summary>The file's bytes.</summary>
    /// <param name="key">What the kernel was made from, in lines (<see cref="KernelKey"/>).</param>
    public byte[] ToBytes(string key)
    {
        var body = Encoding.UTF8.GetBytes($"{Shared}{SharedBytes.ToString(CultureInfo.InvariantCulture)}{(HasDynamicShared ? Dynamic : "")}\n{key}\n\n{Text}");
        return [.. Header(body), .. body];
    }

    /// <summary>The kernel of a file.</summary>
    /// <param name="file">The file's bytes, whatever they are.</param>
    /// <param name="key">What the kernel has to be made from.</param>
    /// <returns>The kernel; null where the file is damaged or another kernel's.</returns>
    public static StoredKernel? Parse(ReadOnlySpan<byte> file, string key)
    {
        var body = file[(file.IndexOf((byte)'\n') + 1)..];
        if (!file[..^body.Length].SequenceEqual(Header(body))) return null;
        var text = Encoding.UTF8.GetString(body);
        var start = text.IndexOf('\n') + 1;
        if (start == 0 || !text.StartsWith(Shared, StringComparison.Ordinal) || !text.AsSpan(start).StartsWith($"{key}\n\n", StringComparison.Ordinal)) return null;
        var shared = text[Shared.Length..(start - 1)];
        var dynamic = shared.EndsWith(Dynamic, StringComparison.Ordinal);
        if (dynamic) shared = shared[..^Dynamic.Length];
        return int.TryParse(shared, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) ? new(text[(start + key.Length + 2)..], bytes, dynamic) : null;
    }

    private static byte[] Header(ReadOnlySpan<byte> body) => Encoding.ASCII.GetBytes($"{Magic}{Convert.ToHexStringLower(SHA256.HashData(body))}\n");
}
