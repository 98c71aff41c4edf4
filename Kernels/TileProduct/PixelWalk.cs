namespace LpcEngine.Kernels;

/// <summary>A pixel of a plan's grid, and how far one is from another: walks along without divisions.</summary>
internal struct PixelWalk(int image, int u, int v)
{
    public int Image = image, U = u, V = v;

    public static PixelWalk At(GatherPlan plan, int pixel)
    {
        var line = pixel / plan.GridW;
        var image = line / plan.GridH;
        return new(image, line - image * plan.GridH, pixel - line * plan.GridW);
    }

    public readonly PixelWalk Advance(GatherPlan plan, PixelWalk by)
    {
        int image = Image + by.Image, u = U + by.U, v = V + by.V;
        // Each is less than twice its range: one step of carrying is enough.
        if (v >= plan.GridW)
        {
            v -= plan.GridW;
            u++;
        }
        if (u >= plan.GridH)
        {
            u -= plan.GridH;
            image++;
        }
        return new(image, u, v);
    }
}

/// <summary>To which pixels of all the output images rows of a product belong that are the same number apart.</summary>
internal struct OutputWalk(int row, int step, PixelWalk pixel, PixelWalk stride)
{
    /// <summary>The row.</summary>
    public int Row = row;

    private readonly int step = step;
    private readonly PixelWalk pixel = pixel, stride = stride;

    public static OutputWalk At(GatherPlan plan, int row, int step) =>
        plan.OutStep == 1 ? new(row, step, default, default) : new(row, step, PixelWalk.At(plan, row), PixelWalk.At(plan, step));

    /// <summary>The row's pixel.</summary>
    public readonly int Pixel(GatherPlan plan) => plan.OutStep == 1 ? Row
        : (pixel.Image * plan.OutH + pixel.U * plan.OutStep + plan.OutFirstH) * plan.OutW + pixel.V * plan.OutStep + plan.OutFirstW;

    public readonly OutputWalk Next(GatherPlan plan) => new(Row + step, step, pixel.Advance(plan, stride), stride);
}
