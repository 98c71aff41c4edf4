namespace LpcEngine.Experiments.Metrics;

/// <summary>
/// The exact distance of every sample to its k-th neighbour among all others: Euclidean, of coordinates multiplied with given weights, in
/// double from differences of the latents themselves, so that no digit is lost inside collapsed clusters.
/// </summary>
/// <remarks>
/// Brute force in two steps. (1) All pairs are screened in float (<see cref="NeighbourKernel"/>). (2) A pair whose float sum is not
/// certainly too large is computed in double, and only that number is used. "Certainly" is a bound: with e the rounding of a point to float
/// (computed for each), a sum of d float squares wrong by at most a factor 1 ± (2d + 4)·2⁻²⁴ and, by underflow, ± d·2⁻¹⁴⁹, a pair nearer
/// than T has a float sum of at most (T + e_i + max e)²·(1 + (2d + 4)·2⁻²³) + d·2⁻¹⁴⁸. Where points lie closer than floats can tell, more pairs
/// are computed in double: slower, never wrong. Panels that are too far as a whole (middle, radius) are passed over, near ones are looked at
/// first. The k-th smallest of a set of numbers does not depend on the order in which they come, so neither threads nor classes change a bit.
/// </remarks>
internal static unsafe class NeighbourSearch
{
    private const int Points = NeighbourKernel.Points;
    private const int Queries = NeighbourKernel.Queries;

    // A task's own points: 256 KiB of floats stay in the second-level cache while all panels pass by.
    private const int TaskFloats = 1 << 16;

    /// <summary>Measures a set without NaN that has more than k samples.</summary>
    /// <param name="latents">The samples.</param>
    /// <param name="weights">What each coordinate's differences are multiplied with.</param>
    /// <param name="k">Which neighbour, from 1.</param>
    /// <returns>A distance for each sample.</returns>
    public static double[] Distances(LatentSet latents, double[] weights, int k)
    {
        using var panels = new NeighbourPanels(latents, weights);
        double[] distances = new double[latents.Count];
        int panelsInTask = Math.Clamp(TaskFloats / Points / latents.Dimensions, 1, 8);
        int tasks = (panels.Count + panelsInTask - 1) / panelsInTask;
        latents.For(tasks, task =>
        {
            int first = task * panelsInTask;
            new Task(latents, weights, panels, k, first, Math.Min(panelsInTask, panels.Count - first)).Run(distances);
        });
        return distances;
    }

    /// <summary>The search for the neighbours of a few panels of points.</summary>
    private sealed class Task
    {
        private readonly LatentSet latents;
        private readonly double[] weights;
        private readonly NeighbourPanels panels;
        private readonly int first, count;
        private readonly NearestDistances[] nearest;
        private readonly float[] thresholds;
        private readonly double[] farthest;
        private readonly double growth, tiny;

        public Task(LatentSet latents, double[] weights, NeighbourPanels panels, int k, int first, int count)
        {
            (this.latents, this.weights, this.panels, this.first, this.count) = (latents, weights, panels, first, count);
            double[] heaps = new double[count * Points * k];
            nearest = new NearestDistances[count * Points];
            thresholds = new float[count * Points];
            farthest = new double[count];
            growth = 1 + (((2 * panels.Dimensions) + 4) * Math.ScaleB(1, -23));
            tiny = panels.Dimensions * Math.ScaleB(1, -148);
            for (int q = 0; q < nearest.Length; q++)
            {
                nearest[q] = new NearestDistances(heaps.AsMemory(q * k, k));
                nearest[q].Clear();
                bool filler = panels.Sample[(first * Points) + q] < 0;
                thresholds[q] = filler ? -1 : float.PositiveInfinity; // no sum is negative: a filler finds nothing
            }

            Array.Fill(farthest, double.PositiveInfinity);
        }

        public void Run(double[] distances)
        {
            foreach (int other in NearFirst())
            {
                for (int own = 0; own < count; own++)
                {
                    if (!IsTooFar(own, other))
                    {
                        Compare(own, other);
                    }
                }
            }

            for (int q = 0; q < nearest.Length; q++)
            {
                int sample = panels.Sample[(first * Points) + q];
                if (sample >= 0)
                {
                    distances[sample] = Math.Sqrt(nearest[q].Largest);
                }
            }
        }

        /// <summary>All panels, those near the middle of this task's points first: the thresholds are small early then.</summary>
        private int[] NearFirst()
        {
            double[] middle = panels.Middle[first + (count / 2)];
            int[] order = [.. Enumerable.Range(0, panels.Count)];
            Array.Sort([.. order.Select(p => Vectors.SquaredDistance(panels.Middle[p], middle))], order);
            return order;
        }

        private bool IsTooFar(int own, int other)
        {
            double between = Math.Sqrt(Vectors.SquaredDistance(panels.Middle[first + own], panels.Middle[other]));
            double radii = panels.Radius[first + own] + panels.Radius[other] + (2 * panels.MostError);
            return (between * (1 - 1e-9)) - (radii * (1 + 1e-9)) > farthest[own];
        }

        private void Compare(int own, int other)
        {
            float* panel = panels.Panel(other), queries = panels.Panel(first + own);
            uint* masks = stackalloc uint[Queries];
            bool changed = false;
            for (int group = 0; group < Points; group += Queries)
            {
                int start = (own * Points) + group;
                fixed (float* limits = &thresholds[start])
                {
                    if (!NeighbourKernel.Screen(panel, queries + group, panels.Dimensions, limits, masks))
                    {
                        continue;
                    }
                }

                for (int q = 0; q < Queries; q++)
                {
                    changed |= masks[q] != 0 && Examine(start + q, other, masks[q]);
                }
            }

            if (changed)
            {
                farthest[own] = 0;
                for (int q = own * Points; q < (own + 1) * Points; q++)
                {
                    if (panels.Sample[(first * Points) + q] >= 0)
                    {
                        farthest[own] = Math.Max(farthest[own], Math.Sqrt(nearest[q].Largest) * panels.Scale * (1 + 1e-9));
                    }
                }
            }
        }

        /// <summary>Computes the pairs that a mask marks.</summary>
        private bool Examine(int query, int other, uint mask)
        {
            int place = (first * Points) + query, sample = panels.Sample[place];
            bool changed = false;
            for (; mask != 0; mask &= mask - 1)
            {
                int neighbour = panels.Sample[(other * Points) + System.Numerics.BitOperations.TrailingZeroCount(mask)];
                if (neighbour >= 0 && neighbour != sample)
                {
                    changed |= nearest[query].Offer(latents.SquaredDistance(sample, neighbour, weights));
                }
            }

            if (changed)
            {
                thresholds[query] = Threshold(nearest[query].Largest, place);
            }

            return changed;
        }

        private float Threshold(double squared, int place)
        {
            if (squared == 0)
            {
                return -1; // nothing can be nearer
            }

            double distance = (Math.Sqrt(squared) * panels.Scale * (1 + 1e-9)) + panels.Error[place] + panels.MostError;
            return MathF.BitIncrement((float)((distance * distance * growth) + tiny));
        }
    }
}
