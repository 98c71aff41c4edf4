using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>AdamW in ILGPU: one launch for two groups of parameters, four elements a thread.</summary>
/// <remarks>
/// Which row of the table is the next one? If it were one number, the thread group that moves it on would have to know that all others have read it, which within a launch nobody does. So each
/// thread group counts for itself: its threads read their own count, and one of them adds 1 when all have.
/// </remarks>
internal sealed class AdamWGpu(GpuDevice device)
{
    private readonly Action<AcceleratorStream, KernelConfig, AdamWViews, AdamWViews, ArrayView<float>, ArrayView<int>, int, AdamWFactors> update =
        device.Compile<Action<AcceleratorStream, KernelConfig, AdamWViews, AdamWViews, ArrayView<float>, ArrayView<int>, int, AdamWFactors>>(UpdateKernel);

    public static AdamWGpu On(Device device) => ((GpuDevice)device).Kernels(static gpu => new AdamWGpu(gpu));

    public void Update(AdamWArrays first, AdamWArrays? second, Tensor table, Tensor rows, AdamWFactors factors)
    {
        var config = new KernelConfig(rows.Shape.Count, Elements.GroupSize);
        // Without a second group no thread group is left for it; some arrays must stand there.
        update(device.Stream, config, new(first), new(second ?? first), GpuDevice.Floats(table), GpuDevice.Ints(rows), AdamWOp.Pieces(first), factors);
    }

    private static void UpdateKernel(AdamWViews first, AdamWViews second, ArrayView<float> table, ArrayView<int> rows, int firstPieces, AdamWFactors factors)
    {
        var row = rows[Grid.IdxX];
        var scalars = row * (AdamWOp.Groups * AdamWOp.Scalars);
        if (Grid.IdxX < firstPieces) Update(first, Grid.IdxX, table, scalars, factors);
        else Update(second, Grid.IdxX - firstPieces, table, scalars + AdamWOp.Scalars, factors);
        Group.Barrier(); // everybody has read the count
        if (Group.IdxX == 0) rows[Grid.IdxX] = row + 1;
    }

    private static void Update(AdamWViews views, int piece, ArrayView<float> table, int scalars, AdamWFactors factors)
    {
        int quad = piece * Elements.GroupSize + Group.IdxX, whole = views.Length >> 2;
        if (quad > whole) return;
        float decay = table[scalars], rate = table[scalars + 1], correction = table[scalars + 2];
        if (quad < whole)
        {
            Float4 p = views.Parameter.Cast<Float4>()[quad], g = views.Gradient.Cast<Float4>()[quad], m = views.M.Cast<Float4>()[quad], v = views.V.Cast<Float4>()[quad];
            m = new(Mean(m.X, g.X, factors), Mean(m.Y, g.Y, factors), Mean(m.Z, g.Z, factors), Mean(m.W, g.W, factors));
            v = new(Square(v.X, g.X, factors), Square(v.Y, g.Y, factors), Square(v.Z, g.Z, factors), Square(v.W, g.W, factors));
            views.M.Cast<Float4>()[quad] = m;
            views.V.Cast<Float4>()[quad] = v;
            views.Parameter.Cast<Float4>()[quad] = new(
                Next(p.X, m.X, v.X, decay, rate, correction, factors), Next(p.Y, m.Y, v.Y, decay, rate, correction, factors),
                Next(p.Z, m.Z, v.Z, decay, rate, correction, factors), Next(p.W, m.W, v.W, decay, rate, correction, factors));
            return;
        }
        for (var i = quad * 4; i < views.Length; i++)
        {
            float m = Mean(views.M[i], views.Gradient[i], factors), v = Square(views.V[i], views.Gradient[i], factors);
            views.M[i] = m;
            views.V[i] = v;
            views.Parameter[i] = Next(views.Parameter[i], m, v, decay, rate, correction, factors);
        }
    }

    private static float Mean(float m, float g, AdamWFactors factors) => m + factors.OneLessBeta1 * (g - m);

    private static float Square(float v, float g, AdamWFactors factors) => factors.Beta2 * v + factors.OneLessBeta2 * g * g;

    private static float Next(float p, float m, float v, float decay, float rate, float correction, AdamWFactors factors) =>
        p - (decay * p + rate * m / (XMath.Sqrt(v) * correction + factors.Epsilon));
}

/// <summary>One group's arrays as kernels take them.</summary>
internal readonly struct AdamWViews(AdamWArrays arrays)
{
    public readonly ArrayView<float> Parameter = GpuDevice.Floats(arrays.Parameter);
    public readonly ArrayView<float> Gradient = GpuDevice.Floats(arrays.Gradient);
    public readonly ArrayView<float> M = GpuDevice.Floats(arrays.M);
    public readonly ArrayView<float> V = GpuDevice.Floats(arrays.V);

    public int Length => (int)Parameter.Length;
}
