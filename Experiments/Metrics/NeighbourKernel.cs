using System.Runtime.Intrinsics;

namespace LpcEngine.Experiments.Metrics;

/// <summary>
/// The inner loop of the neighbour search: squared distances, in float, of 8 points to 32 others, compared with a threshold each.
/// </summary>
/// <remarks>
/// Differences are squared and summed directly, d·(subtract, multiply-add) for 16 pairs at a time. The product form |a|² + |b|² − 2ab would
/// take half the instructions and lose all digits inside a collapsed cluster. A panel holds 32 points, coordinate by coordinate:
/// panel[32·j + point]. 8 × 2 sums of 16 lanes stay in the 32 registers of AVX-512; with 16 registers it is done in pieces of 4 × 2 sums of 8.
/// The sum of a pair is computed in the order of the coordinates whatever the width.
/// </remarks>
internal static unsafe class NeighbourKernel
{
    /// <summary>Points in a panel.</summary>
    public const int Points = 32;

    /// <summary>Points of a panel that are compared with another panel in one call.</summary>
    public const int Queries = 8;

    // After so many coordinates a group whose sums are all beyond their thresholds is left: sums only grow.
    private const int Chunk = 64;

    /// <summary>Marks the points within the thresholds.</summary>
    /// <param name="panel">32 points.</param>
    /// <param name="queries">The first of 8 points of a panel.</param>
    /// <param name="d">Number of coordinates.</param>
    /// <param name="thresholds">For each of the 8, the largest squared distance of interest.</param>
    /// <param name="masks">For each of the 8: bit p is set when point p's sum is not larger than the threshold.</param>
    /// <returns>Whether any bit is set.</returns>
    public static bool Screen(float* panel, float* queries, int d, float* thresholds, uint* masks) =>
        Vector512.IsHardwareAccelerated ? Screen512(panel, queries, d, thresholds, masks) : ScreenInPieces(panel, queries, d, thresholds, masks);

    private static bool Screen512(float* panel, float* queries, int d, float* t, uint* masks)
    {
        Vector512<float> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default, d0 = default, d1 = default;
        Vector512<float> e0 = default, e1 = default, f0 = default, f1 = default, g0 = default, g1 = default, h0 = default, h1 = default;
        for (int start = 0; start < d; start += Chunk)
        {
            int end = Math.Min(d, start + Chunk);
            for (int j = start; j < end; j++)
            {
                float* p = panel + ((long)j * Points), q = queries + ((long)j * Points);
                var p0 = Vector512.Load(p);
                var p1 = Vector512.Load(p + 16);
                var x = Vector512.Create(q[0]);
                var u = p0 - x;
                var v = p1 - x;
                a0 = Vector512.FusedMultiplyAdd(u, u, a0);
                a1 = Vector512.FusedMultiplyAdd(v, v, a1);
                x = Vector512.Create(q[1]);
                u = p0 - x;
                v = p1 - x;
                b0 = Vector512.FusedMultiplyAdd(u, u, b0);
                b1 = Vector512.FusedMultiplyAdd(v, v, b1);
                x = Vector512.Create(q[2]);
                u = p0 - x;
                v = p1 - x;
                c0 = Vector512.FusedMultiplyAdd(u, u, c0);
                c1 = Vector512.FusedMultiplyAdd(v, v, c1);
                x = Vector512.Create(q[3]);
                u = p0 - x;
                v = p1 - x;
                d0 = Vector512.FusedMultiplyAdd(u, u, d0);
                d1 = Vector512.FusedMultiplyAdd(v, v, d1);
                x = Vector512.Create(q[4]);
                u = p0 - x;
                v = p1 - x;
                e0 = Vector512.FusedMultiplyAdd(u, u, e0);
                e1 = Vector512.FusedMultiplyAdd(v, v, e1);
                x = Vector512.Create(q[5]);
                u = p0 - x;
                v = p1 - x;
                f0 = Vector512.FusedMultiplyAdd(u, u, f0);
                f1 = Vector512.FusedMultiplyAdd(v, v, f1);
                x = Vector512.Create(q[6]);
                u = p0 - x;
                v = p1 - x;
                g0 = Vector512.FusedMultiplyAdd(u, u, g0);
                g1 = Vector512.FusedMultiplyAdd(v, v, g1);
                x = Vector512.Create(q[7]);
                u = p0 - x;
                v = p1 - x;
                h0 = Vector512.FusedMultiplyAdd(u, u, h0);
                h1 = Vector512.FusedMultiplyAdd(v, v, h1);
            }

            masks[0] = Mask(a0, a1, t[0]);
            masks[1] = Mask(b0, b1, t[1]);
            masks[2] = Mask(c0, c1, t[2]);
            masks[3] = Mask(d0, d1, t[3]);
            masks[4] = Mask(e0, e1, t[4]);
            masks[5] = Mask(f0, f1, t[5]);
            masks[6] = Mask(g0, g1, t[6]);
            masks[7] = Mask(h0, h1, t[7]);
            if ((masks[0] | masks[1] | masks[2] | masks[3] | masks[4] | masks[5] | masks[6] | masks[7]) == 0)
            {
                return false;
            }
        }

        return true;
    }

    private static uint Mask(Vector512<float> low, Vector512<float> high, float threshold)
    {
        var t = Vector512.Create(threshold);
        return (uint)Vector512.LessThanOrEqual(low, t).ExtractMostSignificantBits() | ((uint)Vector512.LessThanOrEqual(high, t).ExtractMostSignificantBits() << 16);
    }

    private static bool ScreenInPieces(float* panel, float* queries, int d, float* thresholds, uint* masks)
    {
        uint any = 0;
        for (int q = 0; q < Queries; q += 4)
        {
            masks[q] = masks[q + 1] = masks[q + 2] = masks[q + 3] = 0;
            for (int p = 0; p < Points; p += 16)
            {
                Screen256(panel + p, queries + q, d, thresholds + q, masks + q, p);
            }

            any |= masks[q] | masks[q + 1] | masks[q + 2] | masks[q + 3];
        }

        return any != 0;
    }

    private static void Screen256(float* panel, float* queries, int d, float* t, uint* masks, int shift)
    {
        Vector256<float> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default, d0 = default, d1 = default;
        for (int start = 0; start < d; start += Chunk)
        {
            int end = Math.Min(d, start + Chunk);
            for (int j = start; j < end; j++)
            {
                float* p = panel + ((long)j * Points), q = queries + ((long)j * Points);
                var p0 = Vector256.Load(p);
                var p1 = Vector256.Load(p + 8);
                var x = Vector256.Create(q[0]);
                var u = p0 - x;
                var v = p1 - x;
                a0 = Vector256.FusedMultiplyAdd(u, u, a0);
                a1 = Vector256.FusedMultiplyAdd(v, v, a1);
                x = Vector256.Create(q[1]);
                u = p0 - x;
                v = p1 - x;
                b0 = Vector256.FusedMultiplyAdd(u, u, b0);
                b1 = Vector256.FusedMultiplyAdd(v, v, b1);
                x = Vector256.Create(q[2]);
                u = p0 - x;
                v = p1 - x;
                c0 = Vector256.FusedMultiplyAdd(u, u, c0);
                c1 = Vector256.FusedMultiplyAdd(v, v, c1);
                x = Vector256.Create(q[3]);
                u = p0 - x;
                v = p1 - x;
                d0 = Vector256.FusedMultiplyAdd(u, u, d0);
                d1 = Vector256.FusedMultiplyAdd(v, v, d1);
            }

            uint a = Mask(a0, a1, t[0]), b = Mask(b0, b1, t[1]), c = Mask(c0, c1, t[2]), e = Mask(d0, d1, t[3]);
            if ((a | b | c | e) == 0)
            {
                return;
            }

            if (end == d)
            {
                masks[0] |= a << shift;
                masks[1] |= b << shift;
                masks[2] |= c << shift;
                masks[3] |= e << shift;
            }
        }
    }

    private static uint Mask(Vector256<float> low, Vector256<float> high, float threshold)
    {
        var t = Vector256.Create(threshold);
        return Vector256.LessThanOrEqual(low, t).ExtractMostSignificantBits() | (Vector256.LessThanOrEqual(high, t).ExtractMostSignificantBits() << 8);
    }
}
