using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>The sizes of a pooling: which input pixels belong to which output pixel.</summary>
internal readonly struct PoolWindow
{
    public readonly int N, H, W, C, P, Q, Window, Stride, Padding;

    public PoolWindow(Shape x, int window, int stride, int padding)
    {
        (N, H, W, C) = (x[0], x[1], x[2], x[3]);
        (Window, Stride, Padding) = (window, stride, padding);
        P = (H + 2 * padding - window) / stride + 1;
        Q = (W + 2 * padding - window) / stride + 1;
    }

    /// <summary>First input row or column of an output row or column; may lie in the padding.</summary>
    public int Start(int output) => output * Stride - Padding;

    /// <summary>First output row or column whose window holds an input row or column.</summary>
    public int FirstOutput(int input)
    {
        var behind = input + Padding - Window;
        return behind < 0 ? 0 : behind / Stride + 1;
    }

    /// <summary>One more than the last output row or column whose window holds an input row or column.</summary>
    public int EndOutput(int input, int outputs)
    {
        var last = (input + Padding) / Stride + 1;
        return last < outputs ? last : outputs;
    }
}
