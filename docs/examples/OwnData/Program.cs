// Trains a small network on data of one's own: points of two spirals, 2 numbers and a class each. `dotnet run --project docs/examples/OwnData`
using LpcEngine.Engine;
using LpcEngine.Kernels;
using LpcEngine.Models;

const int Points = 400, Classes = 2, Steps = 600;
var (x, y) = (new float[Points * 2], new int[Points]);
for (var i = 0; i < Points; i++)
{
    var (turn, side) = (1 + 5 * (float)i / Points, i % Classes);
    var angle = turn + MathF.PI * side;
    (x[2 * i], x[2 * i + 1], y[i]) = (turn * MathF.Cos(angle) / 3, turn * MathF.Sin(angle) / 3, side);
}

using var device = Devices.Open(args.FirstOrDefault() ?? "auto"); // cpu, cuda, opencl, …
Tensor points = device.NewKept<float>(new Shape(Points, 2), x), labels = device.NewKept<int>(new Shape(Points), y);
var network = new Classifier(new Initialiser(device, seed: 1), new BackboneSpec("mlp", 1, 1, 1, 2), Head.Linear, latents: 2, Classes);
var optimizer = new AdamW([new ParameterGroup("all", network.Parameters())]);
optimizer.SetRate(0, 5e-3);
var (loss, logits) = (device.NewKept(Shape.Scalar), device.NewKept(new Shape(Points, Classes)));
using var step = new CapturedStep(device, () =>
{
    var output = network.Forward(points);
    var crossEntropy = output.Logits.SoftmaxCrossEntropy(labels);
    device.Copy(crossEntropy, loss);
    device.Copy(output.Logits, logits);
    device.Tape.Backward(crossEntropy);
    optimizer.Apply();
});
for (var i = 0; i < Steps; i++)
{
    optimizer.Advance();
    step.Run();
}
var scores = logits.ToFloats();
Console.WriteLine($"loss {loss.ToFloats()[0]:0.0000}, {Enumerable.Range(0, Points).Count(i => (scores[2 * i + 1] > scores[2 * i]) == (y[i] == 1))} of {Points} right on {device.Name}");
