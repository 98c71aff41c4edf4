using System.Diagnostics;
using System.Security.Cryptography;
using LpcEngine.Experiments.Data;

namespace LpcEngine.Tests.Data;

internal sealed class SyntheticDataTests
{
    [TestCase("synthetic10", 5_000, 1_000, 10)]
    [TestCase("synthetic100", 10_000, 2_000, 100)]
    public void It_has_its_standard_size_and_every_class_equally_often(string name, int train, int test, int classes)
    {
        var watch = Stopwatch.StartNew();
        var data = DataSets.Load(name, new DataOptions());
        Assert.That(watch.Elapsed.TotalSeconds, Is.LessThan(30), "generated within seconds, with room for a busy machine");
        Assert.That((data.Train.Count, data.Test!.Count, data.Classes), Is.EqualTo((train, test, classes)));
        Assert.That(data.Train.ClassCounts(classes), Has.All.EqualTo(train / classes));
        Assert.That(data.ClassNames.Distinct().Count(), Is.EqualTo(classes));
        Assert.That(data.Train.Labels.Take(classes), Is.EqualTo(Enumerable.Range(0, classes)));
    }

    [Test]
    public void The_images_hang_on_the_seed_alone()
    {
        byte[] Bytes(ulong seed) => DataSets.Load("synthetic10", new DataOptions { Seed = seed, TrainPerClass = 20, TestPerClass = 1 }).Train.Bytes!;
        Assert.That(Bytes(3), Is.EqualTo(Bytes(3)));
        Assert.That(Bytes(4), Is.Not.EqualTo(Bytes(3)));
    }

    [Test]
    public void The_images_of_seed_zero_never_change()
    {
        // Published numbers rest on these images. If this fails, the drawing code has changed what it draws.
        var data = DataSets.Load("synthetic100", new DataOptions { TrainPerClass = 2, TestPerClass = 1 });
        Assert.That(Convert.ToHexStringLower(MD5.HashData(data.Train.Bytes!)), Is.EqualTo("22d0cff40c1cbb74c69fd3c48c5fad71"));
    }

    [Test]
    public void A_larger_set_begins_with_the_smaller_one()
    {
        var small = DataSets.Load("synthetic10", new DataOptions { TrainPerClass = 2, TestPerClass = 1 });
        var large = DataSets.Load("synthetic10", new DataOptions { TrainPerClass = 5, TestPerClass = 3 });
        Assert.That(large.Train.Bytes!.Take(small.Train.Bytes!.Length), Is.EqualTo(small.Train.Bytes));
    }

    [Test]
    public void One_thread_draws_what_many_draw()
    {
        var data = DataSets.Load("synthetic10", new DataOptions { TrainPerClass = 30, TestPerClass = 1, Seed = 5 });
        var kinds = SyntheticClass.For(10);
        byte[] image = new byte[3072];
        for (int index = 0; index < 300; index += 7)
        {
            SyntheticImage.Draw(kinds[index % 10], 5, 0, index, image);
            Assert.That(image, Is.EqualTo(data.Train.Bytes.AsSpan(index * 3072, 3072).ToArray()));
        }
    }

    [Test]
    public void Training_and_test_images_differ()
    {
        var data = DataSets.Load("synthetic10", new DataOptions { TrainPerClass = 1, TestPerClass = 1 });
        Assert.That(data.Test!.Bytes, Is.Not.EqualTo(data.Train.Bytes));
    }

    [Test]
    public void Pixels_alone_do_not_tell_the_classes()
    {
        // A nearest-class-mean classifier on raw pixels: better than chance (there are hints), far from solving it.
        var data = DataSets.Load("synthetic10", new DataOptions());
        double[][] means = [.. Enumerable.Range(0, 10).Select(_ => new double[3072])];
        for (int i = 0; i < data.Train.Count; i++)
        {
            for (int j = 0; j < 3072; j++)
            {
                means[data.Train.Labels[i]][j] += data.Train.Bytes![(i * 3072) + j] / 500.0;
            }
        }

        int right = 0;
        for (int i = 0; i < data.Test!.Count; i++)
        {
            double[] image = [.. data.Test.Bytes!.Skip(i * 3072).Take(3072).Select(b => (double)b)];
            int nearest = Enumerable.Range(0, 10).MinBy(c => LpcEngine.Experiments.Metrics.Vectors.SquaredDistance(image, means[c]));
            right += nearest == data.Test.Labels[i] ? 1 : 0;
        }

        Assert.That(right / 1000.0, Is.InRange(0.12, 0.45));
    }

    [Test]
    public void A_size_beyond_one_array_is_refused() =>
        Support.UserErrors.Expect(() => DataSets.Load("synthetic10", new DataOptions { TrainPerClass = 1_000_000 }), "at most");
}
