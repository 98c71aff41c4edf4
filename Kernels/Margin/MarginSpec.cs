using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>The declarations of both margins.</summary>
internal static class MarginSpec
{
    public static OpSpec Of(string name, string formula, bool isAngular) => new(name, formula, Bound.Memory)
    {
        Cases =
        [
            Case(isAngular, 1, 1, 16, 0.1), Case(isAngular, 5, 7, 16, 0.3), Case(isAngular, 3, 131, 64, 0.5), Case(isAngular, 4, 10, 32, 0),
            // Beyond θ + m = π, where ArcFace's other branch holds: clamped for small margins, not for large ones.
            Case(isAngular, 4, 9, 64, 0.5, -0.99, -0.9), Case(isAngular, 4, 9, 8, 3, -0.5, 0.9),
            // Near the clamp, where sin θ is a few thousandths; on it and beyond, at both ends.
            Case(isAngular, 4, 9, 32, 0.4, 0.9999, 0.99999) with { Epsilon = 1e-9 },
            Edges(isAngular, 6, 35), Case(isAngular, 129, 100, 48, 0.42) with { Toy = false },
        ],
        Benchmarks = () => [Case(isAngular, 128, 10, 64, 0.5), Case(isAngular, 128, 100, 64, 0.5), Case(isAngular, 128, 1000, 64, 0.5)],
    };

    // Cosines of duplicates and opposites come out of a product as ±1 give or take a rounding.
    private static OpCase Edges(bool isAngular, int n, int c)
    {
        float[] edges = [1f, -1f, MarginOp.Limit, -MarginOp.Limit, 1.0000002f, -1.0000001f, 0f];
        var declared = Case(isAngular, n, c, 64, 0.5);
        var cosines = declared.Inputs[0] with { Draw = (random, _) => edges[random.Next(edges.Length)] };
        return declared with { Label = $"[{n}, {c}] at the clamp", Inputs = [cosines, .. declared.Inputs.Skip(1)], HasKinks = true };
    }

    private static OpCase Case(bool isAngular, int n, int c, double scale, double margin, double low = -0.85, double high = 0.95) =>
        new($"[{n}, {c}] s {scale} m {margin} in {low} … {high}",
        [
            new(new(n, c)) { Draw = OpInput.Uniform(low, high) },
            new(new Shape(n), Differentiable: false) { Type = DType.Int32, Draw = OpInput.Whole(c) },
            new(Shape.Scalar, Differentiable: false) { Draw = OpInput.Constant(scale) },
            new(Shape.Scalar, Differentiable: false) { Draw = OpInput.Constant(margin) },
        ],
        x => isAngular ? x[0].AngularMargin(x[1], x[2], x[3]) : x[0].CosineMargin(x[1], x[2], x[3]),
        x => MarginReference.Forward(x[0], x[1], x[2][0], x[3][0], isAngular))
        {
            Backward = (x, dY) => [MarginReference.Backward(x[0], x[1], x[2][0], x[3][0], isAngular, dY), null, null, null],
            Flops = 3.0 * n * c,
            Bytes = 8.0 * n * c,
            BackwardFlops = 2.0 * n * c,
            BackwardBytes = 12.0 * n * c,
        };
}
