using LpcEngine.Experiments.Data;
using LpcEngine.Tests.Support;

namespace LpcEngine.Tests.Data;

/// <summary>Which training images are held out.</summary>
internal sealed class HeldOutTests
{
    // Classes of 4, 3 and 5 images, and one of none; a pixel tells the image.
    private static readonly int[] Labels = [0, 2, 0, 1, 2, 2, 0, 1, 2, 0, 1, 2];
    private static readonly ImageSet All = new(12, 1, 1, 1, [.. Enumerable.Range(0, 12).Select(i => (byte)i)], null, Labels);
    private static readonly string[] Names = ["a", "b", "c", "d"];

    private static (byte[] Train, byte[]? Validation) Divide(int? train, int? held)
    {
        var (trains, validation) = HeldOut.Divide(All, new DataOptions { TrainPerClass = train, ValidationPerClass = held }, Names);
        Assert.That(trains.Labels, Is.EqualTo(trains.Bytes!.Select(image => Labels[image])));
        return (trains.Bytes!, validation?.Bytes);
    }

    [Test]
    public void Without_a_train_size_the_last_of_each_class_are_held_out() =>
        Assert.That(Divide(null, 2), Is.EqualTo(((byte[])[0, 1, 2, 3, 4, 5], (byte[])[6, 7, 8, 9, 10, 11])));

    [Test]
    public void With_a_train_size_those_that_follow_as_far_as_a_class_goes()
    {
        Assert.That(Divide(1, 1), Is.EqualTo(((byte[])[0, 1, 3], (byte[])[2, 4, 7])));
        Assert.That(Divide(2, 2), Is.EqualTo(((byte[])[0, 1, 2, 3, 4], (byte[])[5, 6, 7, 8, 9, 10])), "class b has three: one trains");
    }

    [Test]
    public void Without_a_validation_size_nothing_is_held_out()
    {
        Assert.That(Divide(1, null), Is.EqualTo(((byte[])[0, 1, 3], (byte[]?)null)));
        Assert.That(Divide(null, null).Train, Has.Length.EqualTo(12));
    }

    [TestCase(3)]
    [TestCase(100)]
    public void A_class_must_keep_an_image_to_train_on(int held) =>
        UserErrors.Expect(() => Divide(null, held), $"--validation-size {held}", "class b has 3", "at most 2");

    [Test]
    public void Drawn_images_are_held_out_beside_those_that_train_as_they_were()
    {
        var plain = DataSets.Load("synthetic10", new DataOptions { TrainPerClass = 3, TestPerClass = 1 });
        var divided = DataSets.Load("synthetic10", new DataOptions { TrainPerClass = 3, TestPerClass = 1, ValidationPerClass = 2 });
        Assert.That(divided.Train.Bytes, Is.EqualTo(plain.Train.Bytes));
        Assert.That(divided.Validation!.ClassCounts(10), Is.All.EqualTo(2));
        Assert.That(divided.Digest, Is.Not.EqualTo(plain.Digest));
        Assert.That(divided.Mean, Is.EqualTo(plain.Mean), "what is held out has no part in the statistics");
        var larger = DataSets.Load("synthetic10", new DataOptions { TrainPerClass = 5, TestPerClass = 1 });
        Assert.That(divided.Validation.Bytes, Is.EqualTo(larger.Train.Bytes![plain.Train.Bytes!.Length..]));
        UserErrors.Expect(() => DataSets.Load("synthetic10", new DataOptions { ValidationPerClass = 0 }), "--validation-size");
    }
}
