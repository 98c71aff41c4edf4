namespace LpcEngine.Engine;

/// <summary>Which of some known words a mistyped one may have been meant for.</summary>
public static class NearMiss
{
    private const int MostOffered = 3;

    /// <summary>The question that ends an error about a word that is not known.</summary>
    /// <param name="word">What was written.</param>
    /// <param name="known">What is known.</param>
    /// <returns>Such as " Did you mean 'lpc-narrow'?", with its leading blank; nothing where no known word is near.</returns>
    public static string Question(string word, IEnumerable<string> known)
    {
        var near = Of(word, known);
        return near.Count == 0 ? "" : $" Did you mean {string.Join(" or ", near.Select(name => $"'{name}'"))}?";
    }

    /// <summary>The known words that are nearest: a third of the letters may be wrong, missing, too many, or in each other's place.</summary>
    /// <param name="word">What was written.</param>
    /// <param name="known">What is known.</param>
    /// <returns>Those at the smallest distance, three at most; none where none is near.</returns>
    public static IReadOnlyList<string> Of(string word, IEnumerable<string> known)
    {
        var allowed = word.Length / 3;
        var distances = known.Select(name => (Name: name, Distance: Distance(word.ToLowerInvariant(), name.ToLowerInvariant())))
            // Of a short word everything is near, unless it begins the same way.
            .Where(pair => pair.Distance <= allowed && (word.Length > 4 || char.ToLowerInvariant(word[0]) == pair.Name[0])).ToArray();
        return distances.Length == 0 ? [] : [.. distances.Where(pair => pair.Distance == distances.Min(other => other.Distance)).Take(MostOffered).Select(pair => pair.Name)];
    }

    // How many letters must be changed, put in, left out or swapped with their neighbour (Damerau and Levenshtein; no letter twice).
    private static int Distance(string a, string b)
    {
        var cost = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++) cost[i, 0] = i;
        for (var j = 0; j <= b.Length; j++) cost[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
            for (var j = 1; j <= b.Length; j++)
            {
                var changed = cost[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                cost[i, j] = Math.Min(changed, Math.Min(cost[i - 1, j], cost[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) cost[i, j] = Math.Min(cost[i, j], cost[i - 2, j - 2] + 1);
            }
        return cost[a.Length, b.Length];
    }
}
