using System.Security.Cryptography;

namespace LpcEngine.Experiments.Data;

/// <summary>Checksums as the publishers print them.</summary>
internal static class Checksum
{
    /// <summary>MD5 in lower-case hexadecimal. It guards against damage, not against forgery; it is what was published.</summary>
    public static string Md5(string path)
    {
        using var stream = BoundedStream.Open(path);
        return Convert.ToHexStringLower(MD5.HashData(stream));
    }
}
