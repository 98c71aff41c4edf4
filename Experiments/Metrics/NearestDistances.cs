namespace LpcEngine.Experiments.Metrics;

/// <summary>The k smallest of the numbers offered, as a heap with the largest of them on top. Nothing but their values matters, so neither does the order.</summary>
internal readonly struct NearestDistances(Memory<double> heap)
{
    /// <summary>The k-th smallest so far; infinite until k were offered.</summary>
    public double Largest => heap.Span[0];

    /// <summary>Forgets everything.</summary>
    public void Clear() => heap.Span.Fill(double.PositiveInfinity);

    /// <summary>Takes a number if it is among the k smallest.</summary>
    /// <returns>Whether it was.</returns>
    public bool Offer(double value)
    {
        var items = heap.Span;
        if (!(value < items[0]))
        {
            return false;
        }

        int at = 0;
        for (int child = 1; child < items.Length; child = (2 * at) + 1)
        {
            if (child + 1 < items.Length && items[child + 1] > items[child])
            {
                child++;
            }

            if (items[child] <= value)
            {
                break;
            }

            items[at] = items[child];
            at = child;
        }

        items[at] = value;
        return true;
    }
}
