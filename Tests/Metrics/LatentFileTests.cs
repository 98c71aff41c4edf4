using LpcEngine.Engine;
using LpcEngine.Experiments.Metrics;
using LpcEngine.Tests.Support;

namespace LpcEngine.Tests.Metrics;

internal sealed class LatentFileTests
{
    [Test]
    public void Floats_and_doubles_are_read_with_and_without_a_classifier()
    {
        using var folder = new TemporaryFolder();
        var (latents, classifier) = Load(folder, w => Add(w, [2, 3], [0, 1]));
        Assert.That((latents.Count, latents.Dimensions, latents.Classes), Is.EqualTo((2, 3, 2)));
        Assert.That(classifier, Is.Null);

        (latents, classifier) = Load(folder, w =>
        {
            w.Add("latents", [1, 2], new[] { 1.5, 1e-300 });
            w.Add("labels", [1], new byte[] { 0 });
            w.Add("classifier", [4, 2], new float[8]);
        });
        double[] row = new double[2];
        latents.CopyRow(0, row);
        Assert.That(row[1], Is.EqualTo(1e-300), "doubles stay doubles");
        Assert.That((latents.Classes, classifier!.Length), Is.EqualTo((4, 8)));
    }

    [Test]
    public void What_does_not_fit_is_named()
    {
        using var folder = new TemporaryFolder();
        string path = folder["l.safetensors"];
        UserErrors.Expect(() => Load(folder, w => w.Add("labels", [1], new long[1])), path, "latents");
        UserErrors.Expect(() => Load(folder, w => Add(w, [2, 0], [0, 0])), path, "[2, 0]");
        UserErrors.Expect(() => Load(folder, w => Add(w, [2, 3], [0])), path, "labels", "[1]", "[2]");
        UserErrors.Expect(() => Load(folder, w => Add(w, [1, 3], [-1])), path, "labels[0] is -1");
        Assert.That(Load(folder, w => Add(w, [1, 3], [long.MaxValue])).Latents.Classes, Is.EqualTo(1), "a number of its own");
        UserErrors.Expect(
            () => Load(folder, w =>
            {
                Add(w, [1, 3], [0]);
                w.Add("classifier", [2, 4], new float[8]);
            }),
            path, "classifier", "[2, 4]", "[classes, 3]");
        UserErrors.Expect(
            () => Load(folder, w =>
            {
                Add(w, [1, 3], [2]);
                w.Add("classifier", [2, 3], new float[6]);
            }),
            path, "labels[0] is 2");
    }

    private static void Add(SafeTensorsWriter writer, long[] shape, long[] labels)
    {
        writer.Add("latents", shape, new float[shape[0] * shape[1]]);
        writer.Add("labels", [labels.Length], labels);
    }

    private static (LatentSet Latents, double[]? Classifier) Load(TemporaryFolder folder, Action<SafeTensorsWriter> fill)
    {
        var writer = new SafeTensorsWriter();
        fill(writer);
        writer.Write(folder["l.safetensors"]);
        return LatentFile.Load(folder["l.safetensors"]);
    }
}
