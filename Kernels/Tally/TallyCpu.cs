using LpcEngine.Engine;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Kernels;

/// <summary>The tally on the CPU: 128 rows of 100 logits are 4 µs of one core, less than sharing them out would cost.</summary>
internal static unsafe class TallyCpu
{
    public static void Add(Tensor tally, Tensor logits, Tensor labels, Tensor crossEntropy, Tensor? penalty, Tensor? contrastive)
    {
        var ranking = new Ranking { Logits = CpuDevice.Floats(logits), Labels = CpuDevice.Ints(labels), N = logits.Shape[0], C = logits.Shape[1] };
        SimdWidth.Dispatch(SimdWidth.Lanes, ref ranking);
        var sums = CpuDevice.Floats(tally);
        AddTo(sums, TallyOp.CrossEntropy, TallyOp.CrossEntropyRest, (double)*CpuDevice.Floats(crossEntropy) * ranking.N);
        if (penalty is not null) AddTo(sums, TallyOp.Penalty, TallyOp.PenaltyRest, (double)*CpuDevice.Floats(penalty) * ranking.N);
        if (contrastive is not null)
            AddTo(sums, TallyOp.Contrastive, TallyOp.ContrastiveRest, (double)*CpuDevice.Floats(contrastive) * ranking.N);
        sums[TallyOp.First] += ranking.First;
        sums[TallyOp.Five] += ranking.Five;
        sums[TallyOp.Images] += ranking.N;
    }

    private static void AddTo(float* sums, int entry, int rest, double value)
    {
        var sum = (double)sums[entry] + sums[rest] + value;
        sums[entry] = (float)sum;
        sums[rest] = (float)(sum - sums[entry]);
    }

    /// <summary>Counts the rows whose label ranks first, and among the first five.</summary>
    private struct Ranking : ISimdAction
    {
        public float* Logits;
        public int* Labels;
        public int N, C, First, Five;

        public void Run<TVector, TSimd>() where TVector : struct where TSimd : struct, ISimd<TVector>
        {
            for (var row = 0; row < N; row++)
            {
                var rank = Rank<TVector, TSimd>(Logits + (long)row * C, Labels[row]);
                if (rank < 1) First++;
                if (rank < 5) Five++;
            }
        }

        // How many classes stand before the label's.
        private readonly int Rank<TVector, TSimd>(float* x, int label) where TVector : struct where TSimd : struct, ISimd<TVector>
        {
            if ((uint)label >= (uint)C || float.IsNaN(x[label])) return int.MaxValue;
            var own = x[label];
            int before = 0, c = 0;
            // "Not smaller" rather than "larger" puts NaN before everything.
            for (; c < label; c++)
                if (!(x[c] < own)) before++;
            TVector owns = TSimd.Broadcast(own), one = TSimd.Broadcast(1f), counts = TSimd.Zero;
            for (c++; c <= C - TSimd.Lanes; c += TSimd.Lanes)
                counts = TSimd.Add(counts, TSimd.WhereGreater(TSimd.Load(x + c), owns, one, TSimd.Zero));
            before += (int)TSimd.Sum(counts);
            for (; c < C; c++)
                if (!(x[c] <= own)) before++;
            return before;
        }
    }
}
