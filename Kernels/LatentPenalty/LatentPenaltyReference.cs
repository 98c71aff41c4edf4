namespace LpcEngine.Kernels;

/// <summary>The latent penalty in plain loops and double precision.</summary>
internal static class LatentPenaltyReference
{
    public static double[] Forward(double[] z, double[] gamma)
    {
        double sum = 0;
        foreach (var value in z) sum += value * value;
        return [gamma[0] * (sum / z.Length)];
    }

    public static double[] Backward(double[] z, double[] gamma, double[] dY) => Array.ConvertAll(z, value => 2 * gamma[0] * value / z.Length * dY[0]);
}
