using System.Text;
using System.Text.RegularExpressions;
using LpcEngine.Tests.Experiments;

namespace LpcEngine.Tests.Fuzzing;

/// <summary>The files of a small finished run with everything in it: two epochs, a validation split, attacks, lines of steps.</summary>
internal sealed class RunCorpus
{
    private static readonly Lazy<RunCorpus> Made = new(() => new());

    private readonly Dictionary<string, byte[]> files = [];

    private RunCorpus()
    {
        using var folder = new TemporaryFolder();
        Cli.Succeed([.. Arguments, "--out", folder.Path]);
        foreach (var path in Directory.GetFiles(folder.Path)) files[Path.GetFileName(path)] = Path.GetExtension(path) == ".safetensors" ? Untimed(path) : Encoding.UTF8.GetBytes(Untime(File.ReadAllText(path)));
    }

    /// <summary>The run.</summary>
    public static RunCorpus Instance => Made.Value;

    /// <summary>Its command line.</summary>
    public static string[] Arguments { get; } =
    [
        "synthetic10", "lpc-scl", "--preset", "quick", "--train-size", "2", "--validation-size", "1", "--test-size", "1", "--epochs", "2", "--batch", "5", "--width", "1", "--backbone", "resnet18", "--log-steps",
        "--eval-every", "1", "--deepfool-images", "2", "--pgd-images", "2", "--pgd-steps", "2", "--device", "cpu", "--threads", "1",
    ];

    // How long it took and by which command differs from one test run to the next, and so would the damage.
    private static string Untime(string json) =>
        Regex.Replace(Regex.Replace(json, """("(?:seconds|images_per_second)":\s*)[0-9.eE+-]+""", "${1}12.5"), """("command_line":\s*)\[[^\]]*\]""", "${1}[\"train\"]");

    private static byte[] Untimed(string path)
    {
        using var file = SafeTensorsFile.Open(path);
        var writer = new SafeTensorsWriter();
        foreach (var (key, value) in file.Metadata) writer.Metadata[key] = Untime(value);
        foreach (var entry in file.Entries)
        {
            if (entry.DType == "I64") writer.Add(entry.Name, [.. entry.Shape], file.ReadInts64(entry.Name));
            else writer.Add(entry.Name, [.. entry.Shape], file.ReadFloats(entry.Name));
        }
        using var stream = new MemoryStream();
        writer.WriteTo(stream);
        return stream.ToArray();
    }

    /// <summary>A file by its name in the run folder.</summary>
    public byte[] this[string name] => files[name];

    /// <summary>Writes all files into a folder.</summary>
    public void WriteAll(string folder)
    {
        foreach (var (name, content) in files) File.WriteAllBytes(Path.Combine(folder, name), content);
    }

    /// <summary>Writes all small files, that is all but the weights, into a folder.</summary>
    public void WriteTexts(string folder)
    {
        foreach (var (name, content) in files)
            if (Path.GetExtension(name) is ".json" or ".jsonl") File.WriteAllBytes(Path.Combine(folder, name), content);
    }
}
