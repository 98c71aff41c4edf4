namespace LpcEngine.Engine;

/// <summary>In which arithmetic convolutions work (<see cref="Device.Precision"/>), and matrix products that ask for it.</summary>
public enum Precision
{
    /// <summary>32-bit storage, products and sums. Every device.</summary>
    Fp32,

    /// <summary>32-bit storage, products of operands rounded to 10 bits of mantissa, 32-bit sums.</summary>
    Tf32,

    /// <summary>16-bit storage of activations (8 bits of mantissa), 32-bit sums, master weights and statistics.</summary>
    Bf16,
}
