namespace LpcEngine.Engine;

/// <summary>Hands out ranges of one slab: best fit, neighbours merged on return.</summary>
/// <remarks>
/// The same sequence of requests and returns gives the same offsets, so every step of a training run sees its tensors at the
/// addresses of the step before. A step makes a few hundred requests: a sorted list is faster here than any tree.
/// </remarks>
internal sealed class FreeList
{
    private readonly List<(long Offset, long Bytes)> free = new(256);
    private readonly long bytes;

    public FreeList(long bytes)
    {
        this.bytes = bytes;
        Reset();
    }

    /// <summary>Bytes handed out and not yet returned.</summary>
    public long Used { get; private set; }

    public void Reset()
    {
        free.Clear();
        free.Add((0, bytes));
        Used = 0;
    }

    /// <summary>The offset of a free range of that many bytes, or −1 when none is large enough.</summary>
    public long Take(long count)
    {
        var best = -1;
        for (var i = 0; i < free.Count; i++)
            if (free[i].Bytes >= count && (best < 0 || free[i].Bytes < free[best].Bytes)) best = i;
        if (best < 0) return -1;
        var (offset, size) = free[best];
        if (size == count) free.RemoveAt(best);
        else free[best] = (offset + count, size - count);
        Used += count;
        return offset;
    }

    public void Return(long offset, long count)
    {
        var at = 0;
        while (at < free.Count && free[at].Offset < offset) at++;
        free.Insert(at, (offset, count));
        Used -= count;
        if (at + 1 < free.Count && offset + count == free[at + 1].Offset)
        {
            free[at] = (offset, count + free[at + 1].Bytes);
            free.RemoveAt(at + 1);
        }
        if (at > 0 && free[at - 1].Offset + free[at - 1].Bytes == offset)
        {
            free[at - 1] = (free[at - 1].Offset, free[at - 1].Bytes + free[at].Bytes);
            free.RemoveAt(at);
        }
    }
}
