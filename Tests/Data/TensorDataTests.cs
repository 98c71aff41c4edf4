using LpcEngine.Engine;
using LpcEngine.Experiments.Data;
using LpcEngine.Tests.Support;

namespace LpcEngine.Tests.Data;

internal sealed class TensorDataTests
{
    [Test]
    public void Float_images_are_used_as_they_are()
    {
        using var folder = new TemporaryFolder();
        float[] images = [.. Enumerable.Range(0, 2 * 3 * 2 * 2).Select(i => (float)i)];
        var data = Load(folder, w =>
        {
            w.Add("images", [2, 3, 2, 2], images);
            w.Add("labels", [2], new long[] { 0, 4 });
        });
        Assert.That(data.Train.Floats!.Take(6), Is.EqualTo(new float[] { 0, 4, 8, 1, 5, 9 }), "NCHW becomes NHWC");
        Assert.That(data.Train.Floats![^1], Is.EqualTo(23));
        Assert.That(data.Classes, Is.EqualTo(5));
        Assert.That((data.Mean, data.Std), Is.EqualTo((new float[3], new float[] { 1, 1, 1 })));
        Assert.That(data.Test, Is.Null);
    }

    [Test]
    public void Byte_images_are_measured_and_tests_are_read()
    {
        using var folder = new TemporaryFolder();
        var data = Load(
            folder,
            w =>
            {
                w.Add("images", [2, 2, 1, 1], new byte[] { 0, 255, 255, 255 });
                w.Add("labels", [2], new long[] { 1, 0 });
                w.Add("test_images", [1, 2, 1, 1], new byte[] { 9, 8 });
                w.Add("test_labels", [1], new[] { 2 });
            },
            new DataOptions { Classes = 7 });
        Assert.That(data.Mean, Is.EqualTo(new[] { 0.5f, 1f }));
        Assert.That(data.Std, Is.EqualTo(new[] { 0.5f, 1f }), "a constant channel is divided by 1, not by 0");
        Assert.That(data.Test!.Labels, Is.EqualTo(new[] { 2 }));
        Assert.That(data.Classes, Is.EqualTo(7));
    }

    private static readonly TestCaseData[] Mismatches =
    [
        Wrong("no labels", w => w.Add("images", [1, 3, 2, 2], new float[12]), "labels"),
        Wrong("flat images", w => Pair(w, [1, 12], new float[12], [0]), "[1, 12]", "[images, channels, height, width]"),
        Wrong("no images", w => Pair(w, [0, 3, 2, 2], [], []), "at least one image"),
        Wrong("too few labels", w => Pair(w, [2, 3, 1, 1], new float[6], [0]), "labels", "[1]", "[2]"),
        Wrong("negative label", w => Pair(w, [1, 3, 1, 1], new float[3], [-1]), "labels[0] is -1"),
        Wrong("huge label", w => Pair(w, [1, 3, 1, 1], new float[3], [long.MaxValue]), "labels[0]"),
        Wrong("NaN pixel", w => Pair(w, [2, 3, 1, 1], [0, 0, 0, 0, float.NaN, 0], [0, 0]), "NaN in image 1"),
        Wrong("double images", w => { w.Add("images", [1, 3, 1, 1], new double[3]); w.Add("labels", [1], new long[1]); }, "F64", "F32"),
        Wrong("float labels", w => { w.Add("images", [1, 3, 1, 1], new float[3]); w.Add("labels", [1], new float[1]); }, "labels", "F32", "I64"),
        Wrong("half a test split", w => { Pair(w, [1, 3, 1, 1], new float[3], [0]); w.Add("test_labels", [1], new long[1]); }, "test_labels without test_images"),
        Wrong("another size in test", w => { Pair(w, [1, 3, 1, 1], new float[3], [0]); w.Add("test_images", [1, 3, 1, 2], new float[6]); w.Add("test_labels", [1], new long[1]); }, "3×1×1", "3×1×2"),
    ];

    [TestCaseSource(nameof(Mismatches))]
    public void Every_mismatch_is_one_clear_line(Action<SafeTensorsWriter> fill, string[] words)
    {
        using var folder = new TemporaryFolder();
        UserErrors.Expect(() => Load(folder, fill), [folder["t.safetensors"], .. words]);
    }

    [Test]
    public void A_label_beyond_the_given_classes_is_refused()
    {
        using var folder = new TemporaryFolder();
        UserErrors.Expect(() => Load(folder, w => Pair(w, [1, 3, 1, 1], new float[3], [5]), new DataOptions { Classes = 5 }), "labels[0] is 5", "0 to 4");
        Action<SafeTensorsWriter> far = w => Pair(w, [1, 3, 1, 1], new float[3], [700_000]);
        UserErrors.Expect(() => Load(folder, far), "largest label is 700000", "--classes 700001");
        Assert.That(Load(folder, far, new DataOptions { Classes = 700_001 }).Classes, Is.EqualTo(700_001));
        UserErrors.Expect(() => DataSets.Load("tensors:", new DataOptions()), "needs a file");
        UserErrors.Expect(() => DataSets.Load("tensors:none.safetensors", new DataOptions()), "none.safetensors");
    }

    private static TestCaseData Wrong(string name, Action<SafeTensorsWriter> fill, params string[] words) =>
        new TestCaseData(fill, words).SetArgDisplayNames(name);

    private static void Pair(SafeTensorsWriter writer, long[] shape, float[] images, long[] labels)
    {
        writer.Add("images", shape, images);
        writer.Add("labels", [labels.Length], labels);
    }

    private static DataSet Load(TemporaryFolder folder, Action<SafeTensorsWriter> fill, DataOptions? options = null)
    {
        var writer = new SafeTensorsWriter();
        fill(writer);
        writer.Write(folder["t.safetensors"]);
        return DataSets.Load("tensors:" + folder["t.safetensors"], options ?? new DataOptions());
    }
}
