using LpcEngine.Engine;
using LpcEngine.Kernels;

namespace LpcEngine.Experiments.Training;

/// <summary>What the steps of an epoch have lost: a row for each in a table on the device, the sums over all, and what the host knows of them.</summary>
/// <remarks>
/// A step writes and nobody waits for it. The host asks, goes on taking steps, and takes the answer when it is there (<see cref="Follow"/>): the device always has something to do. Only who needs the losses of all steps
/// so far waits for them (<see cref="Fetch"/>).
/// </remarks>
internal sealed class EpochLosses
{
    private const int StepsBetweenWaits = 4;

    private readonly Tensor history;
    private readonly Readback table, sums;
    private readonly float[] rows;
    private int stepsAsked;

    /// <param name="device">Where.</param>
    /// <param name="steps">Steps of an epoch.</param>
    public EpochLosses(Device device, int steps)
    {
        Tally = device.NewKept(new Shape(TallyOp.Length));
        history = device.NewKept(new Shape(steps, LossHistoryOp.Width));
        rows = new float[history.Shape.Count];
        (table, sums) = (device.NewReadback(history), device.NewReadback(Tally));
    }

    /// <summary>Sums over this epoch so far, on the device.</summary>
    public Tensor Tally { get; }

    /// <summary>What steps change on the device.</summary>
    public IEnumerable<Tensor> State => [Tally, history];

    /// <summary>The epoch's means, as they were last received.</summary>
    public Tallies Means { get; private set; }

    /// <summary>Steps of the epoch whose losses have been received.</summary>
    public int Steps { get; private set; }

    /// <summary>Forgets what the host knows and has asked for: an epoch begins, or the trainer goes to another place.</summary>
    public void Forget()
    {
        table.Forget();
        sums.Forget();
        (Means, Steps) = (default, 0);
    }

    /// <summary>A step's losses, within the step.</summary>
    /// <param name="step">Steps of the epoch so far, on the device.</param>
    /// <param name="logits">The batch's plain logits: accuracy is theirs, as in evaluation.</param>
    /// <param name="labels">Its classes.</param>
    /// <param name="crossEntropy">Its mean cross-entropy.</param>
    /// <param name="penalty">Its penalty, if there is one.</param>
    /// <param name="contrastive">Its contrastive loss, if there is one.</param>
    public void Add(Tensor step, Tensor logits, Tensor labels, Tensor crossEntropy, Tensor? penalty, Tensor? contrastive)
    {
        TallyOp.Tally(Tally, logits, labels, crossEntropy, penalty, contrastive);
        LossHistoryOp.Write(history, step, crossEntropy, penalty, contrastive);
    }

    /// <summary>Goes on asking and answering; between two steps.</summary>
    /// <param name="steps">Steps of the epoch asked for so far.</param>
    /// <returns>Whether losses have been received.</returns>
    /// <remarks>
    /// One question is always under way, and its answer is taken when it is there: on the cpu at once. It is waited for only every few steps. A device that is slower than the host then has as many steps to do while the host
    /// reads, for the question was asked so many steps ago; and the host is never more than twice as many ahead, so that whoever interrupts a run need not wait long.
    /// </remarks>
    public bool Follow(int steps)
    {
        var known = Steps;
        var wait = steps % StepsBetweenWaits == 0;
        if (sums.IsThere || (wait && sums.IsAsked)) Receive();
        if (!sums.IsAsked) Ask(steps);
        if (sums.IsThere) Receive();
        return Steps > known;
    }

    /// <summary>Asks, and waits for the answer.</summary>
    /// <param name="steps">Steps of the epoch asked for so far.</param>
    public void Fetch(int steps)
    {
        Ask(steps);
        Receive();
    }

    private void Ask(int steps)
    {
        stepsAsked = steps;
        table.Ask();
        sums.Ask(); // the second of two in a row: when it is there, so is the first
    }

    private void Receive()
    {
        Means = Tallies.Of(sums.Take<float>());
        table.Take<float>().CopyTo(rows);
        Steps = stepsAsked;
    }

    /// <summary>A step's losses, as they were last received.</summary>
    /// <param name="stepOfEpoch">The step, from 1.</param>
    public StepResult Of(int stepOfEpoch)
    {
        var row = rows.AsSpan((stepOfEpoch - 1) * LossHistoryOp.Width, LossHistoryOp.Width);
        return new(row[0], row[1], row[2]);
    }
}
