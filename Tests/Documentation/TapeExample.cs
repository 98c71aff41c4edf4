namespace LpcEngine.Tests.Documentation;

/// <summary>The example of docs/gradients.md: five nodes, and the gradients that its table states.</summary>
public sealed class TapeExample
{
    private const int N = 3, Features = 4, Latents = 2, Classes = 3;
    private const double Gamma = 0.7;

    [Test]
    public void The_loss_has_five_nodes_and_the_gradients_of_the_table()
    {
        var device = TestDevices.Get("cpu");
        device.Step(() =>
        {
            var random = new Random(3);
            Tensor h = Drawn(device, random, N, Features), a = Drawn(device, random, Features, Latents), w = Drawn(device, random, Latents, Classes);
            Tensor labels = device.New(new Shape(N), DType.Int32), gamma = device.New(Shape.Scalar);
            int[] chosen = [2, 0, 1];
            labels.CopyFrom<int>(chosen);
            gamma.CopyFrom<float>([(float)Gamma]);

            var z = h.Linear(a);
            var f = z.Linear(w);
            var loss = f.SoftmaxCrossEntropy(labels).Add(z.LatentPenalty(gamma));
            Assert.That(device.Tape.Count, Is.EqualTo(5));
            var gradients = device.Tape.Backward(loss);

            // df = (softmax − onehot)/N; dz = df·Wᵀ + 2γz/count
            double[,] hs = Matrix(h), zs = Matrix(z), ws = Matrix(w), fs = Matrix(f), As = Matrix(a);
            var df = new double[N, Classes];
            for (var n = 0; n < N; n++)
            {
                var sum = Enumerable.Range(0, Classes).Sum(c => Math.Exp(fs[n, c]));
                for (var c = 0; c < Classes; c++) df[n, c] = (Math.Exp(fs[n, c]) / sum - (chosen[n] == c ? 1 : 0)) / N;
            }
            var dz = Product(df, Transposed(ws));
            for (var n = 0; n < N; n++)
                for (var j = 0; j < Latents; j++) dz[n, j] += 2 * Gamma * zs[n, j] / (N * Latents);
            Assert.That(Matrix(gradients[w]), Is.EqualTo(Product(Transposed(zs), df)).Within(1e-6));
            Assert.That(Matrix(gradients[a]), Is.EqualTo(Product(Transposed(hs), dz)).Within(1e-6));
            Assert.That(Matrix(gradients[h]), Is.EqualTo(Product(dz, Transposed(As))).Within(1e-6));
            Assert.That(gradients.TryGet(z, out _), Is.False, "gradients of intermediate results are given back");
        });
    }

    private static Tensor Drawn(Device device, Random random, int rows, int columns)
    {
        var tensor = device.New(new Shape(rows, columns));
        tensor.CopyFrom<float>(Enumerable.Range(0, rows * columns).Select(_ => (float)(2 * random.NextDouble() - 1)).ToArray());
        tensor.TracksGradient = true;
        return tensor;
    }

    private static double[,] Matrix(Tensor tensor)
    {
        var (values, matrix) = (tensor.ToFloats(), new double[tensor.Shape[0], tensor.Shape[1]]);
        for (var i = 0; i < values.Length; i++) matrix[i / tensor.Shape[1], i % tensor.Shape[1]] = values[i];
        return matrix;
    }

    private static double[,] Transposed(double[,] a)
    {
        var b = new double[a.GetLength(1), a.GetLength(0)];
        for (var i = 0; i < a.GetLength(0); i++)
            for (var j = 0; j < a.GetLength(1); j++) b[j, i] = a[i, j];
        return b;
    }

    private static double[,] Product(double[,] a, double[,] b)
    {
        var c = new double[a.GetLength(0), b.GetLength(1)];
        for (var i = 0; i < c.GetLength(0); i++)
            for (var j = 0; j < c.GetLength(1); j++)
                for (var k = 0; k < a.GetLength(1); k++) c[i, j] += a[i, k] * b[k, j];
        return c;
    }
}
