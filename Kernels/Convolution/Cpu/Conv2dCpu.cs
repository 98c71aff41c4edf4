using LpcEngine.Engine;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Kernels;

/// <summary>2-D convolution and its two gradients on the processor: chooses the algorithm for a shape and runs it.</summary>
/// <remarks>
/// Activations are NHWC, weights [R, S, C, K]; there is no bias. Outputs are overwritten whole. Results do not depend on the number of
/// threads, nor those of an image on the number of images. 3×3 filters use Winograd's minimal filtering where that is less work (<see
/// cref="Winograd.Choose"/>), whose errors are relative to a patch's largest values (stated at <see cref="Conv2dOp.Conv2d"/>), everything
/// else the direct sum.
/// </remarks>
internal static unsafe class Conv2dCpu
{
    /// <summary>y = x ∗ w.</summary>
    public static void Forward(WorkerPool pool, in ConvGeometry g, float* x, float* w, float* y)
    {
        if (Winograd.Choose(g) is var kind and not WinogradKind.None) WinogradConvolution.Forward(pool, g, kind, x, w, y);
        else DirectForward(pool, g, x, w, y);
    }

    /// <summary>Whether <see cref="BackwardInput"/> can add to what dx holds.</summary>
    public static bool CanAdd(in ConvGeometry g) => Winograd.Choose(g) == WinogradKind.None;

    /// <summary>dx from dy: the transposed convolution; added to what dx holds where <see cref="CanAdd"/> allows it.</summary>
    public static void BackwardInput(WorkerPool pool, in ConvGeometry g, float* dy, float* w, float* dx, bool add = false)
    {
        if (Winograd.Choose(g) is var kind and not WinogradKind.None) WinogradConvolution.BackwardInput(pool, g, kind, dy, w, dx);
        else DirectBackwardInput(pool, g, dy, w, dx, add);
    }

    /// <summary>dw from x and dy, summed over all pixels of all images.</summary>
    public static void BackwardWeight(WorkerPool pool, in ConvGeometry g, float* x, float* dy, float* dw)
    {
        if (Winograd.Choose(g) is var kind and not WinogradKind.None) WinogradWeightGradient.Run(pool, g, kind, x, dy, dw);
        else DirectWeightGradient.Run(pool, g, x, dy, dw);
    }

    /// <summary>y by the direct sum, for any shape.</summary>
    public static void DirectForward(WorkerPool pool, in ConvGeometry g, float* x, float* w, float* y)
    {
        var pack = new PackPanelsJob
        {
            Source = w, Rows = g.C, Columns = g.K, TapsH = g.R, TapsW = g.S,
            TapStrideH = (long)g.S * g.C * g.K, TapStrideW = (long)g.C * g.K, RowStride = g.K, ColumnStride = 1,
        };
        DirectConvolution.Run(pool, TapGrid.Forward(g), x, pack, y);
    }

    /// <summary>dx by the direct sum, for any shape: one convolution for each residue class of pixels modulo the stride.</summary>
    public static void DirectBackwardInput(WorkerPool pool, in ConvGeometry g, float* dy, float* w, float* dx, bool add = false)
    {
        long tap = (long)g.C * g.K;
        // Where the stride exceeds the filter some pixels are read by no output: their gradient is zero.
        if (!add && g.Stride > Math.Min(g.R, g.S)) ClearJob.Run(pool, dx, (long)g.N * g.H * g.W * g.C);
        for (var classH = 0; classH < g.Stride; classH++)
            for (var classW = 0; classW < g.Stride; classW++)
            {
                var grid = TapGrid.InputGradient(g, classH, classW);
                if (grid.Taps == 0) continue;
                int lastR = TapGrid.FirstTap(g, classH) + g.Stride * (grid.TapsH - 1), lastS = TapGrid.FirstTap(g, classW) + g.Stride * (grid.TapsW - 1);
                var pack = new PackPanelsJob
                {
                    Source = w, Rows = g.K, Columns = g.C, TapsH = grid.TapsH, TapsW = grid.TapsW, FirstTap = (lastR * (long)g.S + lastS) * tap,
                    TapStrideH = -g.Stride * g.S * tap, TapStrideW = -g.Stride * tap, RowStride = 1, ColumnStride = g.K,
                };
                DirectConvolution.Run(pool, grid, dy, pack, dx, add);
            }
    }
}
