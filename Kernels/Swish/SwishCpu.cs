using System.Runtime.CompilerServices;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Kernels;

/// <summary>Swish on vectors: y = x·σ(x).</summary>
internal readonly struct SwishCpu : IElementwise
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Apply<TVector, TSimd>(TVector x, TVector none, float unused)
        where TVector : struct where TSimd : struct, ISimd<TVector>
    {
        var bounded = VectorExp.Bounded<TVector, TSimd>(x);
        return TSimd.Multiply(bounded, VectorExp.Sigmoid<TVector, TSimd>(x, bounded));
    }
}

/// <summary>The derivative of Swish on vectors: dX = dY·σ(x)·(1 + x·(1 − σ(x))).</summary>
internal readonly struct SwishSlopeCpu : IElementwise
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Apply<TVector, TSimd>(TVector x, TVector dY, float unused)
        where TVector : struct where TSimd : struct, ISimd<TVector>
    {
        var bounded = VectorExp.Bounded<TVector, TSimd>(x);
        var s = VectorExp.Sigmoid<TVector, TSimd>(x, bounded);
        var one = TSimd.Broadcast(1f);
        // Where 1 − σ is 0, x must not be infinite: the slope there is 1.
        bounded = TSimd.Min(TSimd.Broadcast(float.MaxValue), bounded);
        return TSimd.Multiply(TSimd.Multiply(dY, s), TSimd.MultiplyAdd(bounded, TSimd.Subtract(one, s), one));
    }
}
