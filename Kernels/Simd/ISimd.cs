namespace LpcEngine.Kernels.Simd;

/// <summary>The few vector instructions that kernels are written in, so that one text of a kernel serves every vector width.</summary>
/// <remarks>
/// Implementations are empty structs and kernels are generic over them: the compiler makes a separate body for each and every call below
/// becomes one instruction. The vector itself is the type parameter, not a struct around it, which keeps it in a register.
/// </remarks>
/// <typeparam name="TVector">The vector register's type.</typeparam>
internal unsafe interface ISimd<TVector> where TVector : struct
{
    /// <summary>Floats in a vector.</summary>
    static abstract int Lanes { get; }

    /// <summary>All zeros.</summary>
    static abstract TVector Zero { get; }

    /// <summary>Reads from memory of any alignment.</summary>
    static abstract TVector Load(float* source);

    /// <summary>Writes to memory of any alignment.</summary>
    static abstract void Store(TVector value, float* destination);

    /// <summary>Writes to memory aligned to the vector, past the caches: for what is too large to be found there again.</summary>
    static abstract void Stream(TVector value, float* destination);

    /// <summary>The same value in every lane.</summary>
    static abstract TVector Broadcast(float value);

    /// <summary>a + b.</summary>
    static abstract TVector Add(TVector a, TVector b);

    /// <summary>a − b.</summary>
    static abstract TVector Subtract(TVector a, TVector b);

    /// <summary>a · b.</summary>
    static abstract TVector Multiply(TVector a, TVector b);

    /// <summary>a · b + c, rounded once.</summary>
    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector c);

    /// <summary>a / b.</summary>
    static abstract TVector Divide(TVector a, TVector b);

    /// <summary>√a.</summary>
    static abstract TVector SquareRoot(TVector a);

    /// <summary>|a|.</summary>
    static abstract TVector Absolute(TVector a);

    /// <summary>The sum of all lanes, always in the same order.</summary>
    static abstract float Sum(TVector a);

    /// <summary>
    /// The larger of both; <paramref name="value"/> when one of them isn't a number and the processor doesn't pass that on by itself.
    /// </summary>
    static abstract TVector Max(TVector bound, TVector value);

    /// <summary>
    /// The smaller of both; <paramref name="value"/> when one of them isn't a number and the processor doesn't pass that on by itself.
    /// </summary>
    static abstract TVector Min(TVector bound, TVector value);

    /// <summary>
    /// Adds to the exponent of <paramref name="value"/> the whole number in the lowest nine bits of <paramref name="whole"/>: value · 2ⁿ
    /// without a multiplication.
    /// </summary>
    static abstract TVector Scale(TVector value, TVector whole);

    /// <summary><paramref name="yes"/> where a is larger than b or isn't a number, else <paramref name="no"/>.</summary>
    static abstract TVector WhereGreater(TVector a, TVector b, TVector yes, TVector no);

    /// <summary><paramref name="yes"/> where a is less than b, else, also when one of them isn't a number, <paramref name="no"/>.</summary>
    static abstract TVector WhereLess(TVector a, TVector b, TVector yes, TVector no);

    /// <summary><paramref name="yes"/> where a equals b, else <paramref name="no"/>.</summary>
    static abstract TVector WhereEqual(TVector a, TVector b, TVector yes, TVector no);
}
