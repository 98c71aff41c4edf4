namespace LpcEngine.Kernels;

/// <summary>The source pixels that one tap meets while the grid's pixel goes on by the same number each time: a walk by additions.</summary>
internal struct SourceWalk
{
    /// <summary>Where the tap's channels are in the source, if they lie inside; counted as the plan's channels are.</summary>
    public int Source;

    // The source pixel in its image, and where it leaves the grid.
    private int h, w, endH, endW;

    // To the next one, before a line or an image ends; and how much further the first pixel of a line or an image is than one behind the last.
    private int strideH, strideW, stride, nextLine, nextImage;

    // Far from every image, and so much that no walk comes back.
    private const int Outside = -(1 << 28);

    /// <summary>The walk of a column (tap, channel).</summary>
    /// <param name="plan">The product.</param>
    /// <param name="column">The column; beyond the last one the walk is never inside.</param>
    /// <param name="pixel">The grid's first pixel.</param>
    /// <param name="apart">Pixels of the grid from one to the next.</param>
    public static SourceWalk At(GatherPlan plan, int column, int pixel, int apart)
    {
        var cursor = TapCursor.At(plan, column);
        PixelWalk own = PixelWalk.At(plan, pixel), by = PixelWalk.At(plan, apart);
        int line = plan.GridW * plan.Step, image = plan.GridH * plan.Step;
        int tapH = plan.BaseH + plan.TapStep * cursor.TapH, tapW = cursor.TapH < plan.TapsH ? plan.BaseW + plan.TapStep * cursor.TapW : Outside;
        int h = own.U * plan.Step + tapH, w = own.V * plan.Step + tapW, strideH = by.U * plan.Step, strideW = by.V * plan.Step;
        return new()
        {
            Source = ((own.Image * plan.SourceH + h) * plan.SourceW + w) * plan.Channels + cursor.Channel, h = h, w = w, endH = image + tapH, endW = line + tapW,
            strideH = strideH, strideW = strideW, stride = ((by.Image * plan.SourceH + strideH) * plan.SourceW + strideW) * plan.Channels,
            nextLine = (plan.Step * plan.SourceW - line) * plan.Channels, nextImage = (plan.SourceH - image) * plan.SourceW * plan.Channels,
        };
    }

    /// <summary>Whether the tap meets a pixel inside the image: as unsigned numbers, negative ones are beyond the end, too.</summary>
    public readonly bool IsInside(GatherPlan plan) => (uint)h < (uint)plan.SourceH & (uint)w < (uint)plan.SourceW;

    /// <summary>The walk one step further: carried from column to line to image at most once each.</summary>
    public readonly SourceWalk Next(GatherPlan plan)
    {
        var next = this;
        next.h += strideH;
        next.w += strideW;
        next.Source += stride;
        // Each is less than twice its range: one step of carrying is enough.
        if (next.w >= endW)
        {
            next.w -= plan.GridW * plan.Step;
            next.h += plan.Step;
            next.Source += nextLine;
        }
        if (next.h >= endH)
        {
            next.h -= plan.GridH * plan.Step;
            next.Source += nextImage;
        }
        return next;
    }
}
