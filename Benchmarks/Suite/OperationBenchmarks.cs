using System.Diagnostics;
using BenchmarkDotNet.Attributes;
using LpcEngine.Engine;

namespace LpcEngine.Benchmarks.Suite;

/// <summary>Times one pass of one operation on one device, in the engine's steady state.</summary>
/// <remarks>
/// Inputs are kept on the device; results live in the step arena, whose memory is reused from pass to pass as in training. A backward row records
/// the forward pass once and repeats the backward pass alone.
/// </remarks>
public class OperationBenchmarks
{
    // Passes shorter than this are waited for in batches: waiting for each would measure the wait. It delays at most one batch's time into the
    // next iteration, far less than an iteration's length.
    private static readonly TimeSpan ShortPass = TimeSpan.FromMilliseconds(0.2);
    private const int PassesPerWait = 16;

    private Tensor[] inputs = [];
    private Tensor? result, dY;
    private int stepTensors, passesPerWait, passes;

    /// <summary>What the columns and the inputs follow from; set before BenchmarkDotNet starts.</summary>
    internal static Device Device { get; set; } = null!;

    /// <summary>The rows to run.</summary>
    internal static IReadOnlyList<BenchmarkRow> Selected { get; set; } = [];

    /// <summary>The rows, for BenchmarkDotNet.</summary>
    public static IEnumerable<object> Rows => Selected;

    /// <summary>The row that runs.</summary>
    [ParamsSource(nameof(Rows))]
    public object Row { get; set; } = null!;

    private BenchmarkRow Current => (BenchmarkRow)Row;

    /// <summary>Draws the inputs and finds out how long a pass takes.</summary>
    [GlobalSetup]
    public void Setup()
    {
        inputs = Current.Case.Inputs.Select(input => OperationInputs.Draw(Device, input)).ToArray();
        for (var i = 0; i < inputs.Length; i++) inputs[i].TracksGradient = Current.Backward && Current.Case.Inputs[i].Differentiable;
        if (Current.Backward)
        {
            result = Current.Case.Run(inputs) ?? throw new InvalidOperationException($"{Current.Spec.Name} declares a derivative but has no result.");
            dY = OperationInputs.Draw(Device, new(result.Shape) { Type = result.Type });
        }
        stepTensors = Device.Statistics.StepTensors;
        passesPerWait = 1;
        Pass(); // compiles kernels and touches memory
        var start = Stopwatch.GetTimestamp();
        Pass();
        passesPerWait = Device is CpuDevice || Stopwatch.GetElapsedTime(start) > ShortPass ? 1 : PassesPerWait;
    }

    /// <summary>One pass.</summary>
    [Benchmark]
    public void Pass()
    {
        if (Current.Backward)
        {
            Device.Tape.Backward(result!, dY);
            Device.Rewind(stepTensors);
        }
        else
        {
            Current.Case.Run(inputs);
            Device.EndStep();
        }
        if (++passes < passesPerWait) return;
        passes = 0;
        Device.Synchronize();
    }

    /// <summary>Gives the row's memory back.</summary>
    [GlobalCleanup]
    public void Cleanup()
    {
        Device.Synchronize();
        Device.EndStep();
        foreach (var input in inputs) Device.Free(input);
        if (dY is not null) Device.Free(dY);
        (inputs, result, dY) = ([], null, null);
    }
}
