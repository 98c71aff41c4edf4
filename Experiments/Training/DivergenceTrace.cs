using LpcEngine.Engine;
using LpcEngine.Experiments.Commands;
using LpcEngine.Experiments.Runs;

namespace LpcEngine.Experiments.Training;

/// <summary>Finds out where a training stopped computing finite numbers: in which step, and in which operation first.</summary>
/// <remarks>
/// When it is noticed, the weights are ruined already. But steps have the same bits each time: so those since the last checkpoint (or the beginning) are taken again, up to the step whose loss was the
/// first that is no number, and that one is looked at from the inside.
/// </remarks>
internal sealed class DivergenceTrace(RunConfig config, RunFolder folder, Trainer trainer, Device device)
{
    // Nobody waits longer for an explanation.
    private const double MostSeconds = 60;

    /// <summary>Looks for it. The trainer is of no use afterwards.</summary>
    /// <param name="state">Where the run stands.</param>
    public DivergencePoint Find(RunState state)
    {
        // At the beginning of an epoch it is the epoch before, whose last update broke the weights; its losses are still there.
        var (epoch, taken) = trainer.StepOfEpoch == 0 && trainer.Epoch > 1 ? (trainer.Epoch - 1, trainer.StepsPerEpoch) : (trainer.Epoch, trainer.StepOfEpoch);
        trainer.Losses.FetchTable(taken);
        var step = FirstBadStep(taken);
        var total = (long)(epoch - 1) * trainer.StepsPerEpoch + step;
        var (rate, result) = (config.Rate.At(epoch), trainer.Losses.Of(step));
        try
        {
            if (!TryGoBack(state)) return new(epoch, step, total, result, null);
            while (trainer.Epoch < epoch || trainer.StepOfEpoch < step - 1)
            {
                if (trainer.EpochIsComplete) trainer.BeginEpoch(trainer.Epoch + 1);
                else trainer.TakeStep();
            }
            if (trainer.EpochIsComplete) trainer.BeginEpoch(trainer.Epoch + 1);
            return new(epoch, step, total, result, Origin(rate));
        }
        catch (UserErrorException)
        {
            return new(epoch, step, total, result, null); // a file that can't be read any more, or too little memory for a second network: the step is known all the same
        }
    }

    // The first step of this epoch whose loss is no number; else the last one, whose update broke the weights.
    private int FirstBadStep(int taken)
    {
        for (var step = 1; step <= taken; step++)
            if (!double.IsFinite(trainer.Losses.Of(step).Loss)) return step;
        return Math.Max(1, taken);
    }

    private bool TryGoBack(RunState state)
    {
        if (File.Exists(folder.CheckpointPath))
        {
            using var file = SafeTensorsFile.Open(folder.CheckpointPath);
            if (state.Seconds - Checkpoint.ReadState(file).Seconds > MostSeconds) return false;
            Checkpoint.Read(file, trainer);
            return true;
        }
        if (state.Seconds > MostSeconds) return false;
        var fresh = RunSetup.NewModel(device, config, resuming: false);
        foreach (var (now, then) in trainer.Model.State().Zip(fresh.State())) device.Copy(then.Tensor, now.Tensor);
        foreach (var moment in trainer.Optimizer.State()) device.Fill(moment.Tensor, 0);
        trainer.Optimizer.Resume(0);
        trainer.Resume(1, 0);
        return true;
    }

    private string? Origin(double rate)
    {
        string? found = null;
        trainer.TakeStep(() =>
        {
            if (device.Tape.First(output => !IsFinite(output)) is { } node) found = $"first in the result of {node.Operation}{(NameOf(node.Parameter) is { } name ? $" with {name}" : "")}";
        });
        if (found is not null) return found;
        // Gradients are computed from the last layer to the first.
        if (trainer.Model.Parameters().LastOrDefault(parameter => !IsFinite(ParameterGroup.GradientOf(parameter.Tensor))) is { } wrong) return $"first in the gradient of {wrong.Name}";
        if (trainer.Model.Parameters().FirstOrDefault(parameter => !IsFinite(parameter.Tensor)) is { } weight) return $"in {weight.Name} after its update at a learning rate of {Rounded(rate)}";
        // The update left finite numbers that are too large to compute with.
        if (trainer.EpochIsComplete && trainer.Epoch == trainer.Epochs) return null;
        if (trainer.EpochIsComplete) trainer.BeginEpoch(trainer.Epoch + 1);
        trainer.TakeStep(() =>
        {
            if (device.Tape.First(output => !IsFinite(output)) is { } node) found = $"after its update at a learning rate of {Rounded(rate)}, in the next result of {node.Operation}{(NameOf(node.Parameter) is { } name ? $" with {name}" : "")}";
        });
        return found;
    }

    private static string Rounded(double rate) => rate.ToString("g3", System.Globalization.CultureInfo.InvariantCulture);

    private string? NameOf(Tensor? parameter) => parameter is null ? null : trainer.Model.State().FirstOrDefault(tensor => tensor.Tensor == parameter)?.Name;

    private static bool IsFinite(Tensor tensor) => tensor.Type is not (DType.Float32 or DType.BFloat16) || tensor.ToFloats().All(float.IsFinite);
}

/// <summary>Where a training stopped computing finite numbers.</summary>
/// <param name="Epoch">The epoch, from 1.</param>
/// <param name="Step">The step of the epoch, from 1.</param>
/// <param name="Total">The step of the run, from 1.</param>
/// <param name="Losses">The step's losses.</param>
/// <param name="Origin">Where the first number that is none came from; null where that was not found out.</param>
internal sealed record DivergencePoint(int Epoch, int Step, long Total, StepResult Losses, string? Origin);
