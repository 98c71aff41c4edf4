using System.Text;
using LpcEngine.Engine;

namespace LpcEngine.Experiments.Data;

/// <summary>
/// CIFAR-10 and CIFAR-100 in their official binary layout: records of one label byte (CIFAR-100: coarse label, fine label) and
/// the red, green and blue planes of 32×32. Files with fewer records are valid.
/// </summary>
internal sealed class CifarData(DataSetInfo info, string source) : IDataFiles
{
    private const int Side = 32;
    private const int Pixels = Side * Side;
    private const int MaximumNames = 1 << 16;

    private static readonly string[] Cifar10Names =
        ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

    /// <summary>The files of each variety in reading order.</summary>
    private static readonly string[] Train10 = [.. Enumerable.Range(1, 5).Select(i => $"data_batch_{i}.bin")];

    private bool Is100 => info.Classes == 100;

    private string[] TrainFiles => Is100 ? ["train.bin"] : Train10;

    private string TestFile => Is100 ? "test.bin" : "test_batch.bin";

    private string NamesFile => Is100 ? "fine_label_names.txt" : "batches.meta.txt";

    /// <inheritdoc/>
    public string Source => source;

    /// <inheritdoc/>
    public IReadOnlyList<string> Paths => Directory.Exists(source)
        ? [.. TrainFiles.Append(TestFile).Select(f => Path.Combine(source, f))]
        : [source];

    /// <summary>The folder that the archive unpacks to.</summary>
    public static string Folder(DataSetInfo info) => info.Classes == 100 ? "cifar-100-binary" : "cifar-10-batches-bin";

    /// <summary>A file by which a folder of this variety is known.</summary>
    public static string Landmark(DataSetInfo info) => info.Classes == 100 ? "train.bin" : "data_batch_1.bin";

    /// <summary>Archive names that are recognised, the official one first.</summary>
    public static IReadOnlyList<string> Archives(DataSetInfo info)
    {
        string stem = $"cifar-{info.Classes}";
        return [$"{stem}-binary.tar.gz", $"{stem}-binary.tar", $"{stem}-small-binary.tar.gz", $"{stem}-small-binary.tar"];
    }

    /// <inheritdoc/>
    public RawData Read()
    {
        var contents = FileBundle.Read(source, [.. TrainFiles, TestFile, NamesFile]);
        string[] missing = [.. TrainFiles.Append(TestFile).Where(f => !contents.ContainsKey(f))];
        if (missing.Length > 0)
        {
            throw new UserErrorException($"{source} lacks {string.Join(", ", missing)}: it is incomplete. Delete it, then fetch {info.Files[0].Name} again (data get {info.Name}).");
        }

        var train = Decode(TrainFiles, contents);
        var test = Decode([TestFile], contents);
        return new RawData(ClassNames(contents.GetValueOrDefault(NamesFile)), train, test);
    }

    private ImageSet Decode(string[] files, Dictionary<string, byte[]> contents)
    {
        int labelBytes = Is100 ? 2 : 1, record = labelBytes + (3 * Pixels);
        foreach (string file in files)
        {
            int length = contents[file].Length;
            if (length == 0 || length % record != 0)
            {
                string what = length == 0 ? "is empty" : $"has {length} bytes, which is no whole number of {record}-byte records: it is cut off or of another format";
                throw new UserErrorException($"{Describe(file)} {what}. Delete {source}, then fetch {info.Files[0].Name} again (data get {info.Name}).");
            }
        }

        int count = files.Sum(f => contents[f].Length / record);
        byte[] pixels = new byte[(long)count * 3 * Pixels];
        int[] labels = new int[count];
        int image = 0;
        foreach (string file in files)
        {
            byte[] content = contents[file];
            contents.Remove(file); // frees it as soon as it is converted
            for (int start = 0; start < content.Length; start += record, image++)
            {
                int label = content[start + labelBytes - 1];
                if (label >= info.Classes)
                {
                    throw new UserErrorException($"{Describe(file)}: record {start / record} has label {label}, but {info.Name} has labels 0 to {info.Classes - 1}. The file is damaged or of another data set.");
                }

                labels[image] = label;
                Interleave(content.AsSpan(start + labelBytes, 3 * Pixels), pixels.AsSpan(image * 3 * Pixels, 3 * Pixels));
            }
        }

        return new ImageSet(count, Side, Side, 3, pixels, null, labels);
    }

    private string Describe(string file) => Directory.Exists(source) ? Path.Combine(source, file) : $"{source}: {file}";

    /// <summary>Colour planes to pixels: the engine's images are NHWC.</summary>
    private static void Interleave(ReadOnlySpan<byte> planes, Span<byte> pixels)
    {
        for (int p = 0, q = 0; p < Pixels; p++, q += 3)
        {
            pixels[q] = planes[p];
            pixels[q + 1] = planes[Pixels + p];
            pixels[q + 2] = planes[(2 * Pixels) + p];
        }
    }

    /// <summary>Names are a comfort: without a sound list of them, known names or numbers do.</summary>
    private string[] ClassNames(byte[]? file)
    {
        if (file is { Length: < MaximumNames })
        {
            string[] lines = Encoding.UTF8.GetString(file).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (lines.Length == info.Classes && lines.All(l => !l.Any(char.IsControl)))
            {
                return lines;
            }
        }

        return Is100 ? [.. Enumerable.Range(0, 100).Select(i => i.ToString())] : Cifar10Names;
    }
}
