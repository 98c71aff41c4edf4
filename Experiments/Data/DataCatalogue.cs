namespace LpcEngine.Experiments.Data;

/// <summary>A published file.</summary>
/// <param name="Name">Its official name.</param>
/// <param name="Md5">Its published checksum, lower-case hexadecimal.</param>
/// <param name="Bytes">Its size, for the question before a fetch.</param>
/// <param name="Urls">Where it is served, best first.</param>
internal sealed record RemoteFile(string Name, string Md5, long Bytes, IReadOnlyList<string> Urls);

/// <summary>What is known of a named data set before any of its files is opened.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Description">One line for <c>data list</c>.</param>
/// <param name="Classes">Number of classes.</param>
/// <param name="Train">Training images of the full set.</param>
/// <param name="Test">Test images of the full set.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
/// <param name="Channels">Colours.</param>
/// <param name="Flip">Whether mirroring keeps the class.</param>
/// <param name="Files">The published files; none for sets that are computed.</param>
internal sealed record DataSetInfo(
    string Name, string Description, int Classes, int Train, int Test, int Height, int Width, int Channels, bool Flip, IReadOnlyList<RemoteFile> Files)
{
    /// <summary>Whether it is computed rather than read.</summary>
    public bool IsSynthetic => Files.Count == 0;
}

/// <summary>The named data sets. The only place that names a host.</summary>
internal static class DataCatalogue
{
    private const string Toronto = "https://www.cs.toronto.edu/~kriz/";

    private static readonly string[] MnistHosts =
        ["https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"];

    private static readonly string[] FashionHosts =
        ["http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"]; // plain http is what it is published under; the checksum guards it

    /// <summary>All of them, in the order that <c>data list</c> shows.</summary>
    public static IReadOnlyList<DataSetInfo> All { get; } =
    [
        new("cifar10", "photographs of 10 kinds of things (Krizhevsky 2009)", 10, 50_000, 10_000, 32, 32, 3, true,
            [new("cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530", 170_052_171, [Toronto + "cifar-10-binary.tar.gz"])]),
        new("cifar100", "photographs of 100 kinds of things (Krizhevsky 2009)", 100, 50_000, 10_000, 32, 32, 3, true,
            [new("cifar-100-binary.tar.gz", "03b5dce01913d631647c71ecec9e9cb8", 168_513_733, [Toronto + "cifar-100-binary.tar.gz"])]),
        new("mnist", "handwritten digits (LeCun 1998)", 10, 60_000, 10_000, 28, 28, 1, false,
        [
            Idx("train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873", 9_912_422, MnistHosts),
            Idx("train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432", 28_881, MnistHosts),
            Idx("t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3", 1_648_877, MnistHosts),
            Idx("t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c", 4_542, MnistHosts),
        ]),
        new("fashion-mnist", "grey pictures of clothes (Xiao 2017)", 10, 60_000, 10_000, 28, 28, 1, true,
        [
            Idx("train-images-idx3-ubyte.gz", "8d4fb7e6c68d591d4c3dfef9ec88bf0d", 26_421_880, FashionHosts),
            Idx("train-labels-idx1-ubyte.gz", "25c81989df183df01b3e8a0aad5dffbe", 29_515, FashionHosts),
            Idx("t10k-images-idx3-ubyte.gz", "bef4ecab320f06d8554ea6380940ec79", 4_422_102, FashionHosts),
            Idx("t10k-labels-idx1-ubyte.gz", "bb300cfdad3c16e7a12a480ee83cd310", 5_148, FashionHosts),
        ]),
        new("synthetic10", "drawn shapes, 5 outlines × 2 textures; needs no files", 10, 5_000, 1_000, 32, 32, 3, true, []),
        new("synthetic100", "drawn shapes, 10 outlines × 5 textures × 2 colour families; needs no files", 100, 10_000, 2_000, 32, 32, 3, true, []),
    ];

    /// <summary>The entry of a name, or null.</summary>
    public static DataSetInfo? Find(string name) => All.FirstOrDefault(d => d.Name == name);

    /// <summary>What a data set can be called, for help and errors.</summary>
    public static string Names => $"{string.Join(", ", All.Select(d => d.Name))}, folder:PATH or tensors:FILE.safetensors";

    /// <summary>The error for a name that is none of them.</summary>
    public static Engine.UserErrorException Unknown(string name) =>
        new($"Unknown data set '{name}'. Known: {Names}.{Engine.NearMiss.Question(name, All.Select(info => info.Name))}");

    private static RemoteFile Idx(string name, string md5, long bytes, string[] hosts) => new(name, md5, bytes, [.. hosts.Select(h => h + name)]);
}
