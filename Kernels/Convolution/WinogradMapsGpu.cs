namespace LpcEngine.Kernels;

/// <summary>Six numbers along an axis of a patch, in registers.</summary>
internal readonly struct Six(float a, float b, float c, float d, float e, float f)
{
    public readonly float A = a, B = b, C = c, D = d, E = e, F = f;

    /// <summary>Bᵀ: inputs to positions.</summary>
    public Six Input()
    {
        float even = E - 4 * C, odd = D - 4 * B, near = E - C, far = 2 * (D - B);
        return new(4 * A - 5 * C + E, even + odd, even - odd, near + far, near - far, 4 * B - 5 * D + F);
    }

    /// <summary>Aᵀ: positions to outputs.</summary>
    public Four Output()
    {
        float s = B + C, d = B - C, t = D + E, e = D - E;
        return new(A + s + t, d + 2 * e, s + 4 * t, d + 8 * e + F);
    }

    /// <summary>Gᵀ: positions to the gradients of taps.</summary>
    public Three FilterAdjoint()
    {
        float s = (B + C) * (1f / 6), t = D + E;
        return new(A * 0.25f - s + t * (1f / 24), (C - B) * (1f / 6) + (D - E) * (1f / 12), F - s + t * (1f / 6));
    }
}

/// <summary>Four outputs along an axis.</summary>
internal readonly struct Four(float a, float b, float c, float d)
{
    public readonly float A = a, B = b, C = c, D = d;

    /// <summary>A: gradients of outputs to those of positions.</summary>
    public Six OutputAdjoint()
    {
        float even = A + C, odd = B + D, farEven = A + 4 * C, farOdd = 2 * B + 8 * D;
        return new(A, even + odd, even - odd, farEven + farOdd, farEven - farOdd, D);
    }
}

/// <summary>Three taps along an axis.</summary>
internal readonly struct Three(float a, float b, float c)
{
    public readonly float A = a, B = b, C = c;

    /// <summary>G: taps to positions.</summary>
    public Six Filter()
    {
        float even = (A + C) * (-1f / 6), odd = B * (1f / 6), farEven = A * (1f / 24) + C * (1f / 6), farOdd = B * (1f / 12);
        return new(A * 0.25f, even - odd, even + odd, farEven + farOdd, farEven - farOdd, C);
    }
}
