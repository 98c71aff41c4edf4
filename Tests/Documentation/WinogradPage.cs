using System.Globalization;

namespace LpcEngine.Tests.Documentation;

/// <summary>The matrices that docs/convolution.md derives are those that make y = Aᵀ[(G g) ⊙ (Bᵀ d)] the filter.</summary>
public sealed class WinogradPage
{
    [Test]
    public void Four_multiplications_give_two_outputs_of_a_filter_of_three_taps()
    {
        var lines = Page.Named("docs/convolution.md").Lines;
        var at = Array.FindIndex(lines, line => line.TrimStart().StartsWith("Aᵀ =", StringComparison.Ordinal));
        double[][] a = Rows(lines, at, 2, "Aᵀ = "), g = Rows(lines, at, 4, "G = "), b = Rows(lines, at, 4, "Bᵀ = ");
        var random = new Random(1);
        var (taps, inputs) = (Drawn(random, 3), Drawn(random, 4));
        double[] u = Times(g, taps), v = Times(b, inputs);
        var y = Times(a, [.. u.Zip(v, (left, right) => left * right)]);
        Assert.That(y, Is.EqualTo((double[])[Filter(0), Filter(1)]).Within(1e-12));

        double Filter(int p) => taps[0] * inputs[p] + taps[1] * inputs[p + 1] + taps[2] * inputs[p + 2];
    }

    // Three matrices stand side by side; each begins below its name and ends where the next one's name is.
    private static double[][] Rows(string[] lines, int first, int count, string name)
    {
        string[] names = ["Aᵀ = ", "G = ", "Bᵀ = "];
        var start = lines[first].IndexOf(name, StringComparison.Ordinal) + name.Length;
        var end = names.Select(other => lines[first].IndexOf(other, StringComparison.Ordinal)).Where(place => place > start).DefaultIfEmpty(int.MaxValue).Min();
        return [.. Enumerable.Range(first, count).Select(i => lines[i][start..Math.Min(end, lines[i].Length)].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Number).ToArray())];
    }

    private static double Number(string text)
    {
        var parts = text.Replace('−', '-').Split('/').Select(part => double.Parse(part, CultureInfo.InvariantCulture)).ToArray();
        return parts.Length == 2 ? parts[0] / parts[1] : parts[0];
    }

    private static double[] Times(double[][] matrix, double[] vector) => [.. matrix.Select(row => row.Zip(vector, (left, right) => left * right).Sum())];

    private static double[] Drawn(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextDouble() - 0.5)];
}
