namespace LpcEngine.Kernels;

/// <summary>AdamW in plain loops and double precision.</summary>
internal static class AdamWReference
{
    public static void Update(double[] p, double[] g, double[] m, double[] v, ReadOnlySpan<double> scalars, double beta1, double beta2, double epsilon)
    {
        for (var i = 0; i < p.Length; i++)
        {
            m[i] = beta1 * m[i] + (1 - beta1) * g[i];
            v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i];
            p[i] = p[i] * (1 - scalars[0]) - scalars[1] * m[i] / (Math.Sqrt(v[i]) * scalars[2] + epsilon);
        }
    }
}
