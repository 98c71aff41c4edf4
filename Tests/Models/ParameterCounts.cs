using LpcEngine.Models;

namespace LpcEngine.Tests.Models;

/// <summary>Numbers of parameters against those of the paper's code, and names against torchvision's.</summary>
public sealed class ParameterCounts
{
    private static Classifier Build(string backbone, Head head, int latents, int classes, int width = 64, int side = 32)
    {
        using var device = new CpuDevice(1);
        return new Classifier(Initialiser.Plan(device), new BackboneSpec(backbone, width, side, side, 3), head, latents, classes);
    }

    [TestCase("resnet18", 11_168_832L)]
    [TestCase("resnet50", 23_500_352L)]
    public void Trunks_have_the_papers_number_of_parameters(string backbone, long expected)
    {
        using var device = new CpuDevice(1);
        Assert.That(new BackboneSpec(backbone, 64, 32, 32, 3).Build(Initialiser.Plan(device)).ParameterCount(), Is.EqualTo(expected));
    }

    [TestCase("nopen", "resnet18", 10, 11_173_952L)]
    [TestCase("lpc", "resnet18", 10, 11_202_304L)]
    [TestCase("nopen", "resnet50", 100, 23_705_152L)]
    [TestCase("lpc", "resnet50", 100, 23_775_424L)]
    public void Classifiers_have_the_papers_number_of_parameters(string name, string backbone, int classes, long expected)
    {
        var variant = Variants.Named(name);
        Assert.That(Build(backbone, variant.Head, variant.LatentsFor(classes), classes).ParameterCount(), Is.EqualTo(expected));
    }

    // Torchvision's networks for 1000 ImageNet classes less their classifier (in·1000 + 1000), which is published: 11,689,512; 21,797,672; 25,557,032; 44,549,160; 60,192,808; wide: 68,883,240; 126,886,696.
    [TestCase("resnet18", 11_689_512L - 513_000)]
    [TestCase("resnet34", 21_797_672L - 513_000)]
    [TestCase("resnet50", 25_557_032L - 2_049_000)]
    [TestCase("resnet101", 44_549_160L - 2_049_000)]
    [TestCase("resnet152", 60_192_808L - 2_049_000)]
    [TestCase("wrn-50-2", 68_883_240L - 2_049_000)]
    [TestCase("wrn-101-2", 126_886_696L - 2_049_000)]
    public void ImageNet_trunks_have_torchvisions_number_of_parameters(string backbone, long expected)
    {
        using var device = new CpuDevice(1);
        Assert.That(new BackboneSpec(backbone, 64, 224, 224, 3).Build(Initialiser.Plan(device)).ParameterCount(), Is.EqualTo(expected));
    }

    // Published for 10 classes: 36.5 M and 8.9 M parameters; in full, with the classifier's bias and without a normalisation of the stem.
    [TestCase("wrn-28-10", 36_479_194L)]
    [TestCase("wrn-40-4", 8_949_210L)]
    public void Wide_ResNets_of_three_groups_have_the_published_number_of_parameters(string backbone, long published) =>
        Assert.That(Build(backbone, Head.None, 0, 10).ParameterCount(), Is.EqualTo(published - 10 + 2 * 16));

    [TestCase("wrn-16-8", 2, 8, 64)]
    [TestCase("wrn-22-8", 3, 8, 64)]
    [TestCase("wrn-10-1", 1, 1, 16)]
    [TestCase("wrn-10-3", 1, 3, 5)]
    public void Wide_ResNets_of_three_groups_have_the_number_that_their_layers_add_up_to(string backbone, int blocks, int factor, int width)
    {
        long stem = (width + 3) / 4, inputs = stem, expected = 27 * stem + 2 * stem;
        for (var group = 0; group < 3; group++)
        {
            var outputs = (stem * factor) << group;
            for (var i = 0; i < blocks; i++)
            {
                expected += 2 * inputs + 9 * inputs * outputs + 2 * outputs + 9 * outputs * outputs;
                if (i == 0 && (inputs != outputs || group > 0)) expected += inputs * outputs;
                inputs = outputs;
            }
        }
        using var device = new CpuDevice(1);
        var network = new BackboneSpec(backbone, width, 32, 32, 3).Build(Initialiser.Plan(device));
        Assert.That((network.ParameterCount(), network.Features), Is.EqualTo((expected + 2 * inputs, (int)inputs)));
    }

    [TestCase("wrn-27-10")]
    [TestCase("wrn-4-1")]
    [TestCase("wrn-28-0")]
    [TestCase("wrn-28")]
    [TestCase("wrn-28-10-1")]
    [TestCase("wrn-99999999999-1")]
    public void Names_that_are_no_network_are_refused(string name)
    {
        using var device = new CpuDevice(1);
        Assert.That(() => new BackboneSpec(name, 64, 32, 32, 3).Build(Initialiser.Plan(device)), Throws.TypeOf<UserErrorException>().With.Message.Contains("wrn-28-10"));
    }

    [TestCase("resnet18", 0.5554e9)]
    [TestCase("resnet50", 1.2978e9)]
    public void Forward_passes_cost_the_known_number_of_multiply_adds(string backbone, double expected)
    {
        using var device = new CpuDevice(1);
        var flops = new BackboneSpec(backbone, 64, 32, 32, 3).Build(Initialiser.Plan(device)).FlopsPerImage;
        Assert.That(flops / 2, Is.EqualTo(expected).Within(0.001e9));
    }

    [Test]
    public void Names_are_torchvisions()
    {
        var names = Build("resnet50", Head.Linear, 8, 20, width: 4).State().Select(tensor => tensor.Name).ToArray();
        Assert.That(names, Does.Contain("conv1.weight").And.Contain("bn1.running_var").And.Contain("layer3.5.conv3.weight")
            .And.Contain("layer4.0.downsample.1.bias").And.Contain("penultimate.bias").And.Contain("fc.weight"));
        Assert.That(names, Is.Unique);
        Assert.That(names, Does.Not.Contain("fc.bias"));
    }

    [Test]
    public void Initial_weights_fill_PyTorchs_range_evenly()
    {
        using var device = new CpuDevice(1);
        var weight = new ConvolutionLayer(new Initialiser(device, 3), 64, 128, 3).Weight.ToFloats();
        var bound = 1 / Math.Sqrt(64 * 9);
        Assert.That(weight.Max(Math.Abs), Is.LessThanOrEqualTo(bound).And.GreaterThan(0.999 * bound));
        Assert.That(weight.Average(), Is.EqualTo(0).Within(4 * bound / Math.Sqrt(3.0 * weight.Length)));
        Assert.That(weight.Average(value => (double)value * value), Is.EqualTo(bound * bound / 3).Within(0.01 * bound * bound));
    }
}
