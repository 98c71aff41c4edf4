using System.Runtime.InteropServices;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Filters as matrix products take them: with C and K exchanged, or rounded to tf32 or bf16, or both. For all filters of a parameter group by one launch a step.</summary>
/// <remarks>
/// <para>
/// The first convolution of a step that needs such a copy has those of all filters in its group made; the others find theirs. The copies are tensors of the step, so they end with it, and whatever a step
/// needs is made within it: a recorded step makes them anew with each replay, from the filters of that moment.
/// </para>
/// <para>
/// Within the step they hold as long as the group's memory isn't changed: an optimizer's update, copies from the host and all else that changes a tensor says so (<see cref="Tensor.MarkChanged"/>), and the next
/// convolution has them made again.
/// </para>
/// <para>
/// Filters outside of groups, those whose channel counts bf16 kernels don't take, and those that are needed in another precision than the device's, are converted one by one.
/// Where a filter's elements lie in its group is written down for the kernel once, at the first step with the group.
/// </para>
/// </remarks>
internal sealed class FilterCopies(GpuDevice device)
{
    // Copies begin at multiples of 256 bytes, which kernels may count on.
    private const int Alignment = 128;

    private readonly Dictionary<(ParameterGroup, Precision), OfGroup> groups = [];

    public static FilterCopies On(GpuDevice device) => device.Kernels(static gpu => new FilterCopies(gpu));

    /// <summary>A filter [R, S, C, K] as [R, S, K, C], in floats, in floats rounded to tf32, or in bf16 (C is even then).</summary>
    /// <returns>A tensor of the running step, to be given back after use.</returns>
    public Tensor Exchanged(Tensor weight, Precision precision)
    {
        var shape = weight.Shape;
        var exchanged = new Shape(shape[0], shape[1], shape[3], shape[2]);
        if (CurrentOf(weight, precision) is { } group) return device.Part(group.Exchanged!, group.Starts[weight], exchanged);
        var copy = device.New(exchanged, TypeOf(precision));
        TileProductGpu.On(device).Transpose(shape[0] * shape[1], shape[2], shape[3], weight, copy);
        if (precision == Precision.Tf32) Tf32RoundingGpu.On(device).Run(copy, copy);
        return copy;
    }

    /// <summary>A filter rounded to tf32 or bf16.</summary>
    /// <returns>A tensor of the running step, to be given back after use.</returns>
    public Tensor Rounded(Tensor weight, Precision precision)
    {
        if (CurrentOf(weight, precision) is { } group) return device.Part(group.Straight!, group.Starts[weight], weight.Shape);
        var copy = device.New(weight.Shape, TypeOf(precision));
        if (precision == Precision.Tf32) Tf32RoundingGpu.On(device).Run(weight, copy);
        else CastGpu.On(device).Run(weight, copy);
        return copy;
    }

    /// <summary>Writes down where a group's filters lie, for the device's precision, before the first step asks for it: from then on steps keep nothing.</summary>
    public void Prepare(ParameterGroup parameters)
    {
        if (parameters.Parameters.Any(parameter => parameter.Tensor.Shape.Rank == 4) && !groups.ContainsKey((parameters, device.Precision))) Add(parameters, device.Precision);
    }

    private static DType TypeOf(Precision precision) => precision == Precision.Bf16 ? DType.BFloat16 : DType.Float32;

    // The copies of the weight's group, made if need be; null where the weight is converted alone.
    private OfGroup? CurrentOf(Tensor weight, Precision precision)
    {
        if (weight.Group is not { } parameters || precision != device.Precision) return null;
        if (!groups.TryGetValue((parameters, precision), out var group)) group = Add(parameters, precision);
        if (!group.Starts.ContainsKey(weight)) return null;
        var state = (device.StepVersion, weight.Memory.Changes);
        if (group.MadeIn == state) return group;
        group.Exchanged = device.New(new Shape(group.Length), TypeOf(precision));
        group.Straight = precision == Precision.Fp32 ? null : device.New(new Shape(group.Length), TypeOf(precision));
        FilterCopiesGpu.On(device).Make(precision, parameters.Values, group.Tiles, group.Straight, group.Exchanged);
        group.MadeIn = state;
        return group;
    }

    private OfGroup Add(ParameterGroup parameters, Precision precision)
    {
        foreach (var (key, old) in groups)
        {
            if (key.Item1.Values.IsAlive) continue;
            device.Free(old.Tiles);
            groups.Remove(key);
        }
        return groups[(parameters, precision)] = new OfGroup(device, parameters, precision);
    }

    private sealed class OfGroup
    {
        public OfGroup(GpuDevice device, ParameterGroup parameters, Precision precision)
        {
            var tiles = new List<FilterTile>();
            int from = 0, to = 0;
            foreach (var (_, tensor, _, _) in parameters.Parameters)
            {
                var shape = tensor.Shape;
                if (shape.Rank == 4 && (precision != Precision.Bf16 || (shape[2] % 2 == 0 && shape[3] % 2 == 0)) && to <= int.MaxValue - Alignment - shape.Count)
                {
                    Starts.Add(tensor, to);
                    FilterTile.Cut(tiles, from, to, shape[0] * shape[1], shape[2], shape[3]);
                    to += Tiling.RoundUp(shape.Count, Alignment);
                }
                from += ParameterGroup.Place(shape);
            }
            Length = to;
            if (tiles.Count == 0) tiles.Add(default); // an empty square of nothing: a tensor has elements
            Tiles = device.NewKept(new Shape(tiles.Count, FilterTile.Ints), DType.Int32);
            Tiles.CopyFrom<int>(MemoryMarshal.Cast<FilterTile, int>(CollectionsMarshal.AsSpan(tiles)));
        }

        /// <summary>Where each filter's copies begin.</summary>
        public Dictionary<Tensor, int> Starts { get; } = [];

        /// <summary>Elements of the copies.</summary>
        public int Length { get; }

        /// <summary>[tiles, <see cref="FilterTile.Ints"/>].</summary>
        public Tensor Tiles { get; }

        /// <summary>The step in which the copies were made, and the changes of the filters' memory up to then.</summary>
        public (long StepVersion, int Changes) MadeIn { get; set; } = (-1, 0);

        public Tensor? Exchanged { get; set; }

        public Tensor? Straight { get; set; }
    }
}
