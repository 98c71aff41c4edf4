using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>The pixel that tap (0, 0) of a gathered row meets, which may lie outside its image.</summary>
internal readonly struct SourcePixel(int h, int w, int start)
{
    // Far from every image, and so much that no tap comes back.
    private const int Outside = -(1 << 28);

    /// <summary>Where it is in its image.</summary>
    public readonly int H = h, W = w;

    /// <summary>The element of the source, or the word if the plan counts in words, at which its channels would start.</summary>
    public readonly int Start = start;

    /// <summary>The pixel of a row, which lies outside for rows beyond the last one.</summary>
    public static SourcePixel At(GatherPlan plan, int row)
    {
        var inside = row < plan.Rows;
        var pixel = At(plan, PixelWalk.At(plan, inside ? row : 0));
        return new(inside ? pixel.H : Outside, pixel.W, pixel.Start);
    }

    /// <summary>That of a pixel of the grid.</summary>
    public static SourcePixel At(GatherPlan plan, PixelWalk pixel)
    {
        int h = pixel.U * plan.Step + plan.BaseH, w = pixel.V * plan.Step + plan.BaseW;
        return new(h, w, ((pixel.Image * plan.SourceH + h) * plan.SourceW + w) * plan.Channels);
    }

    /// <summary>Four columns of the row, zero outside the image and beyond the last tap.</summary>
    public Float4 Gather<TAlignment>(ArrayView<float> source, GatherPlan plan, TapCursor cursor) where TAlignment : struct, IAlignment
    {
        if (default(TAlignment).IsAligned)
        {
            // All four belong to one tap.
            var quad = new Float4();
            if (IsInside(plan, cursor)) quad = source.Cast<Float4>()[At(plan, cursor) >> 2];
            return quad;
        }
        var x = Element(source, plan, cursor);
        cursor = cursor.Advance(plan, 1);
        var y = Element(source, plan, cursor);
        cursor = cursor.Advance(plan, 1);
        var z = Element(source, plan, cursor);
        cursor = cursor.Advance(plan, 1);
        return new(x, y, z, Element(source, plan, cursor));
    }

    private float Element(ArrayView<float> source, GatherPlan plan, TapCursor cursor)
    {
        var element = 0f;
        if (IsInside(plan, cursor)) element = source[At(plan, cursor)];
        return element;
    }

    // As unsigned numbers, negative ones are beyond the end, too.
    private bool IsInside(GatherPlan plan, TapCursor cursor) =>
        cursor.TapH < plan.TapsH & (uint)(H + plan.TapStep * cursor.TapH) < (uint)plan.SourceH & (uint)(W + plan.TapStep * cursor.TapW) < (uint)plan.SourceW;

    private int At(GatherPlan plan, TapCursor cursor) => Start + plan.TapStep * (cursor.TapH * plan.SourceW + cursor.TapW) * plan.Channels + cursor.Channel;
}
