using System.Runtime.CompilerServices;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Kernels;

/// <summary>Swish on vectors: y = x·σ(x).</summary>
internal readonly struct SwishCpu : IElementwise
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Apply<TVector, TSimd>(TVector x, TVector none, float unused) where TVector : struct where TSimd : struct, ISimd<TVector> =>
        TSimd.Multiply(x, VectorExp.Sigmoid<TVector, TSimd>(x));
}

/// <summary>The derivative of Swish on vectors: dX = dY·σ(x)·(1 + x·(1 − σ(x))).</summary>
internal readonly struct SwishSlopeCpu : IElementwise
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Apply<TVector, TSimd>(TVector x, TVector dY, float unused) where TVector : struct where TSimd : struct, ISimd<TVector>
    {
        var s = VectorExp.Sigmoid<TVector, TSimd>(x);
        var one = TSimd.Broadcast(1f);
        return TSimd.Multiply(TSimd.Multiply(dY, s), TSimd.MultiplyAdd(x, TSimd.Subtract(one, s), one));
    }
}
