namespace LpcEngine.Kernels;

/// <summary>The tally in plain loops and double precision: sorts, where the kernels count.</summary>
internal static class TallyReference
{
    public static void Add(double[] tally, double[] logits, double[] labels, double crossEntropy, double penalty, double contrastive)
    {
        var (n, c) = (labels.Length, logits.Length / labels.Length);
        Add(tally, TallyOp.CrossEntropy, TallyOp.CrossEntropyRest, crossEntropy * n);
        Add(tally, TallyOp.Penalty, TallyOp.PenaltyRest, penalty * n);
        Add(tally, TallyOp.Contrastive, TallyOp.ContrastiveRest, contrastive * n);
        tally[4] += n;
        for (var row = 0; row < n; row++)
        {
            var order = Enumerable.Range(0, c).OrderByDescending(k => logits[row * c + k]).ToArray(); // stable: ties keep their order
            var rank = Array.IndexOf(order, (int)labels[row]);
            if (rank == 0) tally[2]++;
            if (rank < 5) tally[3]++;
        }
    }

    private static void Add(double[] tally, int entry, int rest, double value)
    {
        var sum = tally[entry] + tally[rest] + value;
        tally[entry] = (float)sum;
        tally[rest] = sum - tally[entry];
    }
}
