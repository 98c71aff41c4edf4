namespace LpcEngine.Experiments.Robustness;

/// <summary>What an attack makes as large as it can.</summary>
internal enum AttackLoss
{
    /// <summary>The cross-entropy of the true label, as of training. Its gradient vanishes where the network is certain.</summary>
    CrossEntropy,

    /// <summary>The highest other logit less the true label's (Carlini and Wagner, arXiv:1608.04644): never vanishes, and is above 0 exactly where the network errs.</summary>
    Margin,
}

/// <summary>Functions of an image's logits.</summary>
internal static class Logits
{
    /// <summary>The class with the highest logit, of equal ones the first; −1 where a logit is not finite.</summary>
    public static int Predict(ReadOnlySpan<float> logits)
    {
        var best = 0;
        for (var k = 0; k < logits.Length; k++)
        {
            if (!float.IsFinite(logits[k])) return -1;
            if (logits[k] > logits[best]) best = k;
        }
        return best;
    }

    /// <summary>The class other than the label with the highest logit.</summary>
    public static int BestOther(ReadOnlySpan<float> logits, int label)
    {
        var best = label == 0 ? 1 : 0;
        for (var k = best + 1; k < logits.Length; k++)
            if (k != label && logits[k] > logits[best]) best = k;
        return best;
    }

    /// <summary>The derivative of a loss with respect to the logits.</summary>
    /// <remarks>
    /// That of the cross-entropy is softmax(f) − onehot, with a softmax of 24 bits as everywhere in training: where the network is certain, it is zero.
    /// It's not computed more precisely, so that rates compare with those of other implementations and the saturation shows.
    /// </remarks>
    /// <param name="loss">The loss.</param>
    /// <param name="logits">f of an image.</param>
    /// <param name="label">Its true label.</param>
    /// <param name="dY">Receives as many numbers.</param>
    public static void Upstream(AttackLoss loss, ReadOnlySpan<float> logits, int label, Span<float> dY)
    {
        if (loss == AttackLoss.Margin)
        {
            dY.Clear();
            (dY[BestOther(logits, label)], dY[label]) = (1, -1);
            return;
        }
        var (highest, sum) = (float.NegativeInfinity, 0.0);
        foreach (var logit in logits) highest = Math.Max(highest, logit);
        foreach (var logit in logits) sum += Math.Exp((double)logit - highest);
        for (var k = 0; k < logits.Length; k++) dY[k] = (float)(Math.Exp((double)logits[k] - highest) / sum);
        dY[label] -= 1;
    }
}
