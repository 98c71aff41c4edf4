namespace LpcEngine.Experiments.Data;

/// <summary>Orders texts by Unicode code points, as Python's <c>sorted</c> does. .NET's ordinal order differs beyond U+FFFF, which it stores as surrogates.</summary>
internal sealed class CodePointOrder : IComparer<string>
{
    /// <summary>The order.</summary>
    public static CodePointOrder Instance { get; } = new();

    /// <inheritdoc/>
    public int Compare(string? x, string? y)
    {
        var common = Math.Min(x!.Length, y!.Length);
        for (var i = 0; i < common; i++)
        {
            if (x[i] == y[i]) continue;
            bool xIsBeyond = char.IsSurrogate(x[i]), yIsBeyond = char.IsSurrogate(y[i]);
            return xIsBeyond == yIsBeyond ? x[i].CompareTo(y[i]) : xIsBeyond.CompareTo(yIsBeyond);
        }
        return x.Length.CompareTo(y.Length);
    }
}
