namespace LpcEngine.Kernels;

/// <summary>The numbers of AdamW that never change during a training, as kernels take them.</summary>
/// <param name="oneLessBeta1">1 − β₁, subtracted in double.</param>
/// <param name="beta2">β₂.</param>
/// <param name="oneLessBeta2">1 − β₂, subtracted in double.</param>
/// <param name="epsilon">ε.</param>
internal readonly struct AdamWFactors(float oneLessBeta1, float beta2, float oneLessBeta2, float epsilon)
{
    public readonly float OneLessBeta1 = oneLessBeta1;
    public readonly float Beta2 = beta2;
    public readonly float OneLessBeta2 = oneLessBeta2;
    public readonly float Epsilon = epsilon;
}
