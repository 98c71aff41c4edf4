namespace LpcEngine.Kernels;

/// <summary>One of Winograd's minimal filterings: the sizes of its patches and its linear maps, for one vector of channels.</summary>
/// <remarks>
/// A patch of outputs is Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A, with d the patch of inputs and g the filter. A position is one element of the bracket.
/// Summed over channels, each is a matrix product [patches × C]·[C × K] with one transformed filter; several positions may share a filter.
/// </remarks>
internal unsafe interface IWinogradForm
{
    /// <summary>Side of a patch of inputs.</summary>
    static abstract int InputSide { get; }

    /// <summary>Input pixels from one patch to the next.</summary>
    static abstract int InputStep { get; }

    /// <summary>Side of a patch of outputs, and output pixels from one patch to the next.</summary>
    static abstract int OutputSide { get; }

    /// <summary>Elements of a transformed patch.</summary>
    static abstract int Positions { get; }

    /// <summary>Different transformed filters.</summary>
    static abstract int Filters { get; }

    /// <summary>The positions that are multiplied by one filter; they follow each other.</summary>
    /// <param name="filter">Which filter.</param>
    /// <returns>The first of them, and how many they are.</returns>
    static abstract (int First, int Count) Group(int filter);

    /// <summary>Bᵀ d B.</summary>
    /// <param name="pixels">Addresses of the input pixels, row by row.</param>
    /// <param name="channel">First channel.</param>
    /// <param name="output">Where position 0 goes.</param>
    /// <param name="plane">Floats from one position to the next.</param>
    static abstract void Input(float** pixels, nint channel, float* output, nint plane);

    /// <summary>Aᵀ m A.</summary>
    /// <param name="input">Position 0.</param>
    /// <param name="plane">Floats from one position to the next.</param>
    /// <param name="pixels">Addresses of the output pixels, row by row.</param>
    /// <param name="channel">First channel.</param>
    static abstract void Output(float* input, nint plane, float** pixels, nint channel);

    /// <summary>G g Gᵀ: 3×3 taps to all filters.</summary>
    /// <param name="taps">Tap 0.</param>
    /// <param name="tapH">Floats from one filter row to the next.</param>
    /// <param name="tapW">Floats from one filter column to the next.</param>
    /// <param name="output">Where filter 0 goes.</param>
    /// <param name="plane">Floats from one filter to the next.</param>
    static abstract void Filter(float* taps, nint tapH, nint tapW, float* output, nint plane);
}

/// <summary>A form whose adjoint maps give the weight gradient: dg = Gᵀ[Σ over patches (A dy Aᵀ) ⊙ (Bᵀ d B)]G.</summary>
internal unsafe interface IWinogradGradientForm : IWinogradForm
{
    /// <summary>A dy Aᵀ, the adjoint of <see cref="IWinogradForm.Output"/>.</summary>
    /// <param name="pixels">Addresses of the output pixels' gradients, row by row.</param>
    /// <param name="channel">First channel.</param>
    /// <param name="output">Where position 0 goes.</param>
    /// <param name="plane">Floats from one position to the next.</param>
    static abstract void OutputAdjoint(float** pixels, nint channel, float* output, nint plane);

    /// <summary>Gᵀ u G, the adjoint of <see cref="IWinogradForm.Filter"/>; overwrites its input.</summary>
    /// <param name="input">Filter 0.</param>
    /// <param name="plane">Floats from one filter to the next.</param>
    /// <param name="taps">Where tap 0 goes.</param>
    /// <param name="tap">Floats from one tap to the next.</param>
    static abstract void FilterAdjoint(float* input, nint plane, float* taps, nint tap);
}
