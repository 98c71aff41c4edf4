using LpcEngine.Models;

namespace LpcEngine.Tests.Goldens;

/// <summary>Losses and their gradients against PyTorch.</summary>
public sealed class LossGoldens
{
    [Test, Combinatorial]
    public void Cross_entropy(
        [ValueSource(typeof(GoldenFile), nameof(GoldenFile.DeviceNames))] string deviceName, [Values("ce0", "ce1", "ce2")] string name)
    {
        using var file = GoldenFile.Open("losses");
        var device = TestDevices.Get(deviceName);
        device.PoisonNewTensors = true;
        device.Step(() =>
        {
            var logits = file.ToTensor(name + ".logits", device);
            logits.TracksGradient = true;
            var loss = logits.SoftmaxCrossEntropy(file.ToInts(name + ".labels", device));
            GoldenFile.Compare(loss, file.ReadDoubles(name + ".loss"), 1e-5, "loss");
            GoldenFile.Compare(device.Tape.Backward(loss)[logits], file.ReadDoubles(name + ".dlogits"), 1e-5, "dLogits");
        });
        device.PoisonNewTensors = false;
    }

    [Test, Combinatorial]
    public void Latent_penalty(
        [ValueSource(typeof(GoldenFile), nameof(GoldenFile.DeviceNames))] string deviceName, [Values("latent0", "latent1")] string name)
    {
        using var file = GoldenFile.Open("losses");
        var device = TestDevices.Get(deviceName);
        device.PoisonNewTensors = true;
        device.Step(() =>
        {
            var z = file.ToTensor(name + ".z", device);
            z.TracksGradient = true;
            var loss = z.LatentPenalty(file.ToTensor(name + ".gamma", device));
            GoldenFile.Compare(loss, file.ReadDoubles(name + ".loss"), 1e-5, "loss");
            GoldenFile.Compare(device.Tape.Backward(loss)[z], file.ReadDoubles(name + ".dz"), 1e-5, "dZ");
        });
        device.PoisonNewTensors = false;
    }

    [Test, Combinatorial]
    public void Contrastive_loss(
        [ValueSource(typeof(GoldenFile), nameof(GoldenFile.DeviceNames))] string deviceName, [Values("supcon0", "supcon1")] string name)
    {
        using var file = GoldenFile.Open("losses");
        var device = TestDevices.Get(deviceName);
        device.PoisonNewTensors = true;
        device.Step(() =>
        {
            var h = file.ToTensor(name + ".h", device);
            h.TracksGradient = true;
            var loss = h.Contrastive(file.ToInts(name + ".labels", device));
            GoldenFile.Compare(loss, file.ReadDoubles(name + ".loss"), 1e-5, "loss");
            GoldenFile.Compare(device.Tape.Backward(loss)[h], file.ReadDoubles(name + ".dh"), 1e-5, "dH");
        });
        device.PoisonNewTensors = false;
    }

    [Test, Combinatorial]
    public void Losses_with_a_margin(
        [ValueSource(typeof(GoldenFile), nameof(GoldenFile.DeviceNames))] string deviceName,
        [Values("arcface0", "arcface1", "cosface0", "cosface1")] string name)
    {
        using var file = GoldenFile.Open("losses");
        var device = TestDevices.Get(deviceName);
        var kind = name.StartsWith("arcface", StringComparison.Ordinal) ? Margin.Angular : Margin.Cosine;
        device.PoisonNewTensors = true;
        device.Step(() =>
        {
            var (h, rows, labels) = (file.ToTensor(name + ".h", device), file.ToTensor(name + ".weight", device), file.ToInts(name + ".labels", device));
            (h.TracksGradient, rows.TracksGradient) = (true, true);
            // Files hold the classifier as [classes, d].
            var logits = h.MarginLogits(rows.Transpose(), labels, kind, file.ToTensor(name + ".scale", device), file.ToTensor(name + ".margin", device));
            var loss = logits.SoftmaxCrossEntropy(labels);
            GoldenFile.Compare(loss, file.ReadDoubles(name + ".loss"), 1e-5, "loss");
            var gradients = device.Tape.Backward(loss);
            GoldenFile.Compare(gradients[h], file.ReadDoubles(name + ".dh"), 1e-5, "dH");
            GoldenFile.Compare(gradients[rows], file.ReadDoubles(name + ".dweight"), 1e-5, "dW");
        });
        device.PoisonNewTensors = false;
    }
}
