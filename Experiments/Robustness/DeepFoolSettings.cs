namespace LpcEngine.Experiments.Robustness;

/// <summary>The constants of DeepFool; the defaults are the paper's code's.</summary>
/// <param name="Batch">Images that are attacked at the same time. Bounds the memory, does not change the result.</param>
internal sealed record DeepFoolSettings(int Batch)
{
    // 128 images of CIFAR's size: what a GPU needs to be busy, and little memory.
    private const int UsualBatch = 128, LargestBatch = 256, UsualValues = UsualBatch * 32 * 32 * 3;

    /// <summary>Classes that are looked at: those with the highest logits at the start, the present one included. At least 2.</summary>
    public int Classes { get; init; } = 10;

    /// <summary>How much farther than the boundary the image is moved, as a fraction.</summary>
    public double Overshoot { get; init; } = 0.02;

    /// <summary>Most steps for an image.</summary>
    public int Iterations { get; init; } = 50;

    /// <summary>Added to the length of each step.</summary>
    public double LeastStep { get; init; } = 1e-4;

    /// <summary>Whether gradients of the latents are combined instead of computing one for each class; null: whichever needs fewer backward passes.</summary>
    public bool? ThroughLatents { get; init; }

    /// <summary>Settings for a run: as many images at a time as a training step has, which fit, or some more where they are small.</summary>
    /// <param name="trainingBatch">Images of a training step.</param>
    /// <param name="imageLength">Numbers of an image.</param>
    public static DeepFoolSettings For(int trainingBatch, int imageLength) =>
        new(Math.Clamp(trainingBatch, Math.Clamp(UsualValues / imageLength, 1, UsualBatch), LargestBatch));
}
