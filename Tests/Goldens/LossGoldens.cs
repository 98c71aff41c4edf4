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
}
