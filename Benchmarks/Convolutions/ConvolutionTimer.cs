using System.Diagnostics;
using LpcEngine.Benchmarks.Suite;
using LpcEngine.Engine;
using LpcEngine.Kernels;

namespace LpcEngine.Benchmarks.Convolutions;

/// <summary>Times the three passes of a convolution one by one: forward, input gradient, weight gradient.</summary>
/// <remarks>All tensors are kept and have been written before: no pass touches fresh memory, as in a step after the first.</remarks>
internal static class ConvolutionTimer
{
    /// <summary>Passes that are timed where the user doesn't say.</summary>
    public const int DefaultSteps = 9;

    // The first grows scratch memory and compiles, the second finds the caches as each later one does.
    private const int WarmUpSteps = 2;

    /// <summary>Times one convolution.</summary>
    /// <param name="device">Where.</param>
    /// <param name="g">Its sizes.</param>
    /// <param name="steps">Timed repetitions of each pass, at least 1; their median counts.</param>
    public static ConvolutionTimes Measure(Device device, ConvGeometry g, int steps)
    {
        Tensor Draw(Shape shape) => OperationInputs.Draw(device, new OpInput(shape));
        Tensor x = Draw(g.XShape), weight = Draw(g.WeightShape), y = Draw(g.YShape);
        Tensor dX = Draw(g.XShape), dW = Draw(g.WeightShape), dY = Draw(g.YShape);
        try
        {
            return new(
                Median(device, steps, () => Conv2dOp.Forward(g, x, weight, y)),
                Median(device, steps, () => Conv2dOp.BackwardInput(g, dY, weight, dX)),
                Median(device, steps, () => Conv2dOp.BackwardWeight(g, x, dY, dW)));
        }
        finally
        {
            foreach (var tensor in (Tensor[])[x, weight, y, dX, dW, dY]) device.Free(tensor);
        }
    }

    // A step, so that what a pass takes from the arena goes back at its end.
    private static double Median(Device device, int steps, Action pass)
    {
        var seconds = new double[steps];
        for (var i = -WarmUpSteps; i < steps; i++)
        {
            var start = Stopwatch.GetTimestamp();
            device.Step(pass);
            device.Synchronize();
            if (i >= 0) seconds[i] = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
        Array.Sort(seconds);
        return (seconds[(steps - 1) / 2] + seconds[steps / 2]) / 2;
    }
}

/// <summary>Median seconds of each pass.</summary>
/// <param name="Forward">y from x and the weight.</param>
/// <param name="InputGradient">dX from dY and the weight.</param>
/// <param name="WeightGradient">dW from x and dY.</param>
internal sealed record ConvolutionTimes(double Forward, double InputGradient, double WeightGradient);
