using System.Runtime.CompilerServices;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Kernels;

/// <summary>Swish and its derivative on vectors.</summary>
internal static unsafe class SwishRows<TVector, TSimd> where TVector : struct where TSimd : struct, ISimd<TVector>
{
    /// <summary>dY·σ(z)·(1 + z·(1 − σ(z))).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Slope(TVector z, TVector dY)
    {
        var s = VectorExp.Sigmoid<TVector, TSimd>(z);
        var one = TSimd.Broadcast(1f);
        return TSimd.Multiply(TSimd.Multiply(dY, s), TSimd.MultiplyAdd(z, TSimd.Subtract(one, s), one));
    }

    /// <summary>y = x·σ(x) for a count that is a multiple of the vectors' width.</summary>
    public static void Forward(float* x, float* y, int count)
    {
        for (nint i = 0; i < count; i += TSimd.Lanes)
        {
            var value = TSimd.Load(x + i);
            TSimd.Store(TSimd.Multiply(value, VectorExp.Sigmoid<TVector, TSimd>(value)), y + i);
        }
    }

    /// <summary>dX = dY·(x·σ(x))′ for a count that is a multiple of the vectors' width.</summary>
    public static void Backward(float* x, float* dY, float* dX, int count)
    {
        for (nint i = 0; i < count; i += TSimd.Lanes) TSimd.Store(Slope(TSimd.Load(x + i), TSimd.Load(dY + i)), dX + i);
    }
}
