namespace LpcEngine.Experiments.Robustness;

/// <summary>An image under DeepFool: where it stands.</summary>
/// <param name="imageLength">Numbers of an image.</param>
/// <param name="classes">Classes that are looked at.</param>
internal sealed class DeepFoolSlot(int imageLength, int classes) : AttackSlot(imageLength)
{
    /// <summary>Steps taken.</summary>
    public int Iterations;

    /// <summary>‖x‖.</summary>
    public double ImageNorm;

    /// <summary>Distance to the nearest boundary so far, in the linear approximation: |g_k|/‖w_k‖; infinite when there's none.</summary>
    public double Distance;

    /// <summary>‖w_k‖ of that boundary.</summary>
    public double NormalLength;

    /// <summary>The sum of all steps r, without the overshoot.</summary>
    public readonly float[] Perturbation = new float[imageLength];

    /// <summary>w_k of the nearest boundary.</summary>
    public readonly float[] Normal = new float[imageLength];

    /// <summary>The classes that are looked at, by falling logit at the start; the first is the start label.</summary>
    public readonly int[] Classes = new int[classes];

    /// <summary>The prediction at the start; −1 before <see cref="Rank"/>.</summary>
    public int Label => Classes[0];

    /// <summary>Begins with another image.</summary>
    public void Begin(ReadOnlySpan<float> image)
    {
        Iterations = 0;
        image.CopyTo(Image);
        Array.Fill(Classes, -1);
        Perturbation.AsSpan().Clear();
        ImageNorm = FloatVectors.Norm(Image);
    }

    /// <summary>Fixes the classes: those with the highest logits, of equal ones the first.</summary>
    public void Rank(ReadOnlySpan<float> logits)
    {
        for (var rank = 0; rank < Classes.Length; rank++)
        {
            var best = -1;
            for (var k = 0; k < logits.Length; k++)
                if ((best < 0 || logits[k] > logits[best]) && !Classes.AsSpan(0, rank).Contains(k)) best = k;
            Classes[rank] = best;
        }
    }

    /// <summary>Takes a boundary as the nearest one if it is that so far.</summary>
    /// <param name="difference">g_k, by how much the logit of class k stands above that of the start label.</param>
    /// <param name="normal">w_k, the gradient of g_k.</param>
    public void Consider(double difference, ReadOnlySpan<float> normal)
    {
        var length = FloatVectors.Norm(normal);
        // NaN (a gradient that is not finite; 0/0) compares as false, like the infinite distance of a zero gradient.
        if (!(Math.Abs(difference) / length < Distance)) return;
        (Distance, NormalLength) = (Math.Abs(difference) / length, length);
        normal.CopyTo(Normal);
    }

    /// <summary>r ← r + (|g_k|/‖w_k‖ + leastStep)·w_k/‖w_k‖.</summary>
    public void Move(double leastStep)
    {
        FloatVectors.AddScaled(Perturbation, (Distance + leastStep) / NormalLength, Normal, Perturbation);
        Iterations++;
    }
}
