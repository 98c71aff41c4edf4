namespace LpcEngine.Kernels;

/// <summary>The matrix product in plain loops and double precision: the definition, and the oracle for every kernel.</summary>
internal static class MatMulReference
{
    /// <summary>[m, n] = op(a)·op(b) with a stored [m, k] or, transposed, [k, m], and b stored [k, n] or, transposed, [n, k].</summary>
    public static double[] Multiply(bool transposeA, bool transposeB, int m, int n, int k, double[] a, double[] b)
    {
        var c = new double[m * n];
        for (var i = 0; i < m; i++)
            for (var j = 0; j < n; j++)
                for (var l = 0; l < k; l++)
                    c[i * n + j] += a[transposeA ? l * m + i : i * k + l] * b[transposeB ? j * k + l : l * n + j];
        return c;
    }

    /// <summary>∂/∂a in a's stored order: dC·op(b)ᵀ, or its transpose op(b)·dCᵀ.</summary>
    public static double[] GradientA(bool transposeA, bool transposeB, int m, int n, int k, double[] b, double[] dC) => transposeA
        ? Multiply(transposeB, true, k, m, n, b, dC)
        : Multiply(false, !transposeB, m, k, n, dC, b);

    /// <summary>∂/∂b in b's stored order: op(a)ᵀ·dC, or its transpose dCᵀ·op(a).</summary>
    public static double[] GradientB(bool transposeA, bool transposeB, int m, int n, int k, double[] a, double[] dC) => transposeB
        ? Multiply(true, transposeA, n, k, m, dC, a)
        : Multiply(!transposeA, false, k, n, m, a, dC);
}
