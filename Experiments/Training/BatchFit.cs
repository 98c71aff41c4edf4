using System.Globalization;
using LpcEngine.Engine;

namespace LpcEngine.Experiments.Training;

/// <summary>Which batch fits into a device's memory, where the one that was asked for does not.</summary>
/// <remarks>
/// A step's memory is nearly linear in the number of images: two small steps say what a large one needs. What comes out is tried before anybody is told.
/// </remarks>
internal static class BatchFit
{
    // Each try is a step, and the last ones are long. A batch within a tenth of the best is as good.
    private const int MostTries = 8, Closeness = 10;

    // The line leaves out that places of different sizes don't fill memory without gaps.
    private const double Cautious = 0.97;

    // Numbers that people would choose.
    private const int Multiple = 8, FromMultiples = 64;

    /// <summary>Takes a run's first steps; too little memory becomes a line that names the batch to use.</summary>
    /// <param name="trainer">The run's; of no use after an error.</param>
    /// <param name="device">Where it trains.</param>
    /// <param name="config">The run.</param>
    /// <param name="steps">What needs a whole batch's memory.</param>
    /// <exception cref="TooLittleMemoryException">The device has too little for it.</exception>
    public static T Explained<T>(Trainer trainer, Device device, RunConfig config, Func<T> steps)
    {
        try
        {
            return steps();
        }
        catch (TooLittleMemoryException problem)
        {
            throw Explain(trainer, device, config, problem);
        }
    }

    /// <summary>The largest batch that fits, or one not a tenth smaller.</summary>
    /// <param name="tooLarge">A batch that does not fit.</param>
    /// <param name="free">Bytes that there are for a step.</param>
    /// <param name="measure">Takes a step of so many images: bytes at its peak, or null where it does not fit.</param>
    /// <returns>The batch, and the bytes that an image adds to a step; no batch where not even the smallest step fits.</returns>
    public static (int? Batch, double BytesPerImage) Largest(int tooLarge, long free, Func<int, long?> measure)
    {
        var (fits, bytes, perImage, asked) = (0, 0L, 0.0, tooLarge);
        var next = Math.Min(2, tooLarge - 1);
        for (var tries = 0; next > fits && tries < MostTries; tries++)
        {
            if (measure(next) is { } needed)
            {
                perImage = (needed - bytes) / (double)(next - fits);
                (fits, bytes) = (next, needed);
            }
            else
            {
                tooLarge = next;
            }
            var more = (int)Math.Clamp(Cautious * (free - bytes) / Math.Max(perImage, 1), 0, tooLarge);
            next = fits + (tries, tooLarge < asked) switch
            {
                (0, false) => fits,                                         // one point makes no line
                (1, false) => Math.Max(1, more / 4),                        // not far from there the line may bend, and a step is short there
                (_, false) => more,
                _ => Math.Min(more, (tooLarge - fits) * 3 / 4),             // the line promised too much
            };
            next = Math.Min(next, tooLarge - 1);
            if (tries > 0 && next - fits < fits / Closeness) break;
        }
        return (fits > 0 ? fits : null, perImage);
    }

    private static TooLittleMemoryException Explain(Trainer trainer, Device device, RunConfig config, TooLittleMemoryException problem)
    {
        device.FreeStepMemory();
        var free = device.FreeMemoryBytes;
        var asked = Math.Min(config.Batch, config.TrainImages);
        var (fits, perImage) = Largest(asked, free, count => Measured(trainer, count));
        var batch = fits is { } most ? Chosen(most, config, trainer) : 0;
        var text = batch > 0
            ? $"Device '{device.Name}' has too little memory for --batch {config.Batch}: it has {Mebibytes(free)} MiB for a step, which needs {Mebibytes(perImage)} MiB an image. --batch {batch} fits."
            : $"Device '{device.Name}' has too little memory for this network: not even the smallest step fits into the {Mebibytes(free)} MiB that are left. Use a smaller --width, or another --device.";
        return new TooLittleMemoryException(text, problem);
    }

    private static long? Measured(Trainer trainer, int count)
    {
        try
        {
            return trainer.StepMemory(count);
        }
        catch (TooLittleMemoryException)
        {
            return null;
        }
    }

    private static int Chosen(int most, RunConfig config, Trainer trainer)
    {
        var batch = most >= FromMultiples ? most / Multiple * Multiple : most;
        while (batch > 0 && !config.Trains(trainer.Model.Backbone, batch)) batch--;
        return batch;
    }

    private static string Mebibytes(double bytes) => (bytes / (1 << 20)).ToString(bytes < 100 << 20 ? "n1" : "n0", CultureInfo.InvariantCulture);
}
