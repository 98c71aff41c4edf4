using ILGPU;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>The linear maps of F(4×4, 3×3) on a GPU: a thread takes one channel of one patch, in registers from the first read to the last write.</summary>
/// <remarks>
/// Maps act along the columns, then along the rows. Transformed images are [36, patches, channels], transformed filters [36, rows, columns]: neighbouring threads have neighbouring channels, so warps read and write
/// whole cache lines. All is written out, since an array or a loop over it would lie in local memory.
/// </remarks>
internal static class WinogradKernelsGpu
{
    /// <summary>Channels and patches of a group that transforms back.</summary>
    public const int GroupChannels = 32, GroupPatches = 8;

    /// <summary>Groups for all the patches and channels of a plan.</summary>
    public static KernelConfig OutputConfig(WinogradPlan plan) => new(Tiling.Count(plan.Patches, GroupPatches) * Tiling.Count(plan.Channels, GroupChannels), GroupPatches * GroupChannels);

    /// <summary>Bᵀ d B: images to positions.</summary>
    public static void InputKernel(ArrayView<float> images, ArrayView<float> positions, WinogradPlan plan)
    {
        var i = Elements.Index;
        if (i >= plan.Patches * plan.Channels) return;
        var patch = i / plan.Channels;
        var channel = i - patch * plan.Channels;
        var corner = plan.Corner(patch, channel);
        Six a = InputColumn(images, plan, corner, 0), b = InputColumn(images, plan, corner, 1), c = InputColumn(images, plan, corner, 2);
        Six d = InputColumn(images, plan, corner, 3), e = InputColumn(images, plan, corner, 4), f = InputColumn(images, plan, corner, 5);
        var plane = plan.Patches * plan.Channels;
        Store(positions, i, plane, 0, new Six(a.A, b.A, c.A, d.A, e.A, f.A).Input());
        Store(positions, i, plane, 6, new Six(a.B, b.B, c.B, d.B, e.B, f.B).Input());
        Store(positions, i, plane, 12, new Six(a.C, b.C, c.C, d.C, e.C, f.C).Input());
        Store(positions, i, plane, 18, new Six(a.D, b.D, c.D, d.D, e.D, f.D).Input());
        Store(positions, i, plane, 24, new Six(a.E, b.E, c.E, d.E, e.E, f.E).Input());
        Store(positions, i, plane, 30, new Six(a.F, b.F, c.F, d.F, e.F, f.F).Input());
    }

    /// <summary>Aᵀ m A: positions to images; and statistics of their channels, where all patches are whole.</summary>
    public static void OutputKernel<TMeasuring>(ArrayView<float> positions, ArrayView<float> images, ArrayView<float> partials, WinogradPlan plan) where TMeasuring : struct, IMeasuring
    {
        // Groups side by side take the channels of the same patches: what is written together lies together.
        int across = (plan.Channels + GroupChannels - 1) / GroupChannels, block = Grid.IdxX / across, firstChannel = (Grid.IdxX - block * across) * GroupChannels;
        int lane = Group.IdxX % GroupChannels, down = Group.IdxX / GroupChannels;
        int patch = block * GroupPatches + down, channel = firstChannel + lane;
        var inside = patch < plan.Patches & channel < plan.Channels;
        Four a = default, b = default, c = default, d = default;
        if (inside)
        {
            int i = patch * plan.Channels + channel, plane = plan.Patches * plan.Channels;
            Four p = Column(positions, i, plane, 0).Output(), q = Column(positions, i, plane, 1).Output(), r = Column(positions, i, plane, 2).Output();
            Four s = Column(positions, i, plane, 3).Output(), t = Column(positions, i, plane, 4).Output(), u = Column(positions, i, plane, 5).Output();
            a = new Six(p.A, q.A, r.A, s.A, t.A, u.A).Output();
            b = new Six(p.B, q.B, r.B, s.B, t.B, u.B).Output();
            c = new Six(p.C, q.C, r.C, s.C, t.C, u.C).Output();
            d = new Six(p.D, q.D, r.D, s.D, t.D, u.D).Output();
            var corner = plan.Corner(patch, channel);
            StoreRow<TMeasuring>(images, plan, corner, 0, a);
            StoreRow<TMeasuring>(images, plan, corner, 1, b);
            StoreRow<TMeasuring>(images, plan, corner, 2, c);
            StoreRow<TMeasuring>(images, plan, corner, 3, d);
        }
        if (default(TMeasuring).Measures) Measure(partials, plan, block, firstChannel, inside, a, b, c, d);
    }

    /// <summary>A dy Aᵀ, the adjoint of <see cref="OutputKernel"/>: gradients of images to those of positions.</summary>
    public static void OutputAdjointKernel(ArrayView<float> images, ArrayView<float> positions, WinogradPlan plan)
    {
        var i = Elements.Index;
        if (i >= plan.Patches * plan.Channels) return;
        var patch = i / plan.Channels;
        var channel = i - patch * plan.Channels;
        var corner = plan.Corner(patch, channel);
        Six a = OutputColumn(images, plan, corner, 0), b = OutputColumn(images, plan, corner, 1);
        Six c = OutputColumn(images, plan, corner, 2), d = OutputColumn(images, plan, corner, 3);
        var plane = plan.Patches * plan.Channels;
        Store(positions, i, plane, 0, new Four(a.A, b.A, c.A, d.A).OutputAdjoint());
        Store(positions, i, plane, 6, new Four(a.B, b.B, c.B, d.B).OutputAdjoint());
        Store(positions, i, plane, 12, new Four(a.C, b.C, c.C, d.C).OutputAdjoint());
        Store(positions, i, plane, 18, new Four(a.D, b.D, c.D, d.D).OutputAdjoint());
        Store(positions, i, plane, 24, new Four(a.E, b.E, c.E, d.E).OutputAdjoint());
        Store(positions, i, plane, 30, new Four(a.F, b.F, c.F, d.F).OutputAdjoint());
    }

    /// <summary>G g Gᵀ: filters, as they are or turned round, to positions.</summary>
    /// <param name="filters">[3, 3, elements].</param>
    /// <param name="positions">[36, elements].</param>
    /// <param name="elements">Elements of a tap's matrix.</param>
    /// <param name="turned">1 if the last tap comes first.</param>
    public static void FilterKernel(ArrayView<float> filters, ArrayView<float> positions, int elements, int turned)
    {
        var i = Elements.Index;
        if (i >= elements) return;
        int first = turned == 0 ? i : 8 * elements + i, tap = turned == 0 ? elements : -elements;
        Six a = new Three(filters[first], filters[first + 3 * tap], filters[first + 6 * tap]).Filter();
        Six b = new Three(filters[first + tap], filters[first + 4 * tap], filters[first + 7 * tap]).Filter();
        Six c = new Three(filters[first + 2 * tap], filters[first + 5 * tap], filters[first + 8 * tap]).Filter();
        Store(positions, i, elements, 0, new Three(a.A, b.A, c.A).Filter());
        Store(positions, i, elements, 6, new Three(a.B, b.B, c.B).Filter());
        Store(positions, i, elements, 12, new Three(a.C, b.C, c.C).Filter());
        Store(positions, i, elements, 18, new Three(a.D, b.D, c.D).Filter());
        Store(positions, i, elements, 24, new Three(a.E, b.E, c.E).Filter());
        Store(positions, i, elements, 30, new Three(a.F, b.F, c.F).Filter());
    }

    /// <summary>Gᵀ u G, the adjoint of <see cref="FilterKernel"/>: gradients of positions to those of filters.</summary>
    /// <param name="positions">[36, elements].</param>
    /// <param name="filters">[3, 3, elements].</param>
    /// <param name="elements">Elements of a tap's matrix.</param>
    public static void FilterAdjointKernel(ArrayView<float> positions, ArrayView<float> filters, int elements)
    {
        var i = Elements.Index;
        if (i >= elements) return;
        Three a = Column(positions, i, elements, 0).FilterAdjoint(), b = Column(positions, i, elements, 1).FilterAdjoint(), c = Column(positions, i, elements, 2).FilterAdjoint();
        Three d = Column(positions, i, elements, 3).FilterAdjoint(), e = Column(positions, i, elements, 4).FilterAdjoint(), f = Column(positions, i, elements, 5).FilterAdjoint();
        StoreTaps(filters, i, elements, 0, new Six(a.A, b.A, c.A, d.A, e.A, f.A).FilterAdjoint());
        StoreTaps(filters, i, elements, 3, new Six(a.B, b.B, c.B, d.B, e.B, f.B).FilterAdjoint());
        StoreTaps(filters, i, elements, 6, new Six(a.C, b.C, c.C, d.C, e.C, f.C).FilterAdjoint());
    }

    private static Six InputColumn(ArrayView<float> images, WinogradPlan plan, PatchCorner corner, int across) => new Six(
        corner.Load(images, plan, 0, across), corner.Load(images, plan, 1, across), corner.Load(images, plan, 2, across),
        corner.Load(images, plan, 3, across), corner.Load(images, plan, 4, across), corner.Load(images, plan, 5, across)).Input();

    private static Six OutputColumn(ArrayView<float> images, WinogradPlan plan, PatchCorner corner, int across) => new Four(
        corner.Load(images, plan, 0, across), corner.Load(images, plan, 1, across),
        corner.Load(images, plan, 2, across), corner.Load(images, plan, 3, across)).OutputAdjoint();

    private static Six Column(ArrayView<float> positions, int i, int plane, int first) => new(
        positions[i + first * plane], positions[i + (first + 6) * plane], positions[i + (first + 12) * plane],
        positions[i + (first + 18) * plane], positions[i + (first + 24) * plane], positions[i + (first + 30) * plane]);

    private static void Store(ArrayView<float> positions, int i, int plane, int first, Six row)
    {
        positions[i + first * plane] = row.A;
        positions[i + (first + 1) * plane] = row.B;
        positions[i + (first + 2) * plane] = row.C;
        positions[i + (first + 3) * plane] = row.D;
        positions[i + (first + 4) * plane] = row.E;
        positions[i + (first + 5) * plane] = row.F;
    }

    private static void StoreRow<TMeasuring>(ArrayView<float> images, WinogradPlan plan, PatchCorner corner, int down, Four row) where TMeasuring : struct, IMeasuring
    {
        corner.Store<TMeasuring>(images, plan, down, 0, row.A);
        corner.Store<TMeasuring>(images, plan, down, 1, row.B);
        corner.Store<TMeasuring>(images, plan, down, 2, row.C);
        corner.Store<TMeasuring>(images, plan, down, 3, row.D);
    }

    private static void StoreTaps(ArrayView<float> filters, int i, int elements, int first, Three taps)
    {
        filters[i + first * elements] = taps.A;
        filters[i + (first + 1) * elements] = taps.B;
        filters[i + (first + 2) * elements] = taps.C;
    }

    // What ChannelStatistics wants of the group's channels, from the eight patches.
    private static void Measure(ArrayView<float> partials, WinogradPlan plan, int block, int firstChannel, bool inside, Four a, Four b, Four c, Four d)
    {
        int lane = Group.IdxX % GroupChannels, down = Group.IdxX / GroupChannels;
        var shifts = SharedMemory.Allocate<float>(GroupChannels);
        var sums = SharedMemory.Allocate<float>(GroupPatches * GroupChannels);
        var squares = SharedMemory.Allocate<float>(GroupPatches * GroupChannels);
        // A value near all others of the channel, so that nothing cancels: the mean of the first patch, which is always there.
        if (down == 0) shifts[lane] = (Sum(a) + Sum(b) + (Sum(c) + Sum(d))) * (1f / 16);
        Group.Barrier(); // everybody needs the shifts,
        var shift = shifts[lane];
        Four e = Above(a, shift), f = Above(b, shift), g = Above(c, shift), h = Above(d, shift);
        sums[down * GroupChannels + lane] = inside ? Sum(e) + Sum(f) + (Sum(g) + Sum(h)) : 0f;
        squares[down * GroupChannels + lane] = inside ? Squares(e) + Squares(f) + (Squares(g) + Squares(h)) : 0f;
        Group.Barrier(); // and one thread for each channel everybody's sums.
        var statistics = new TileStatistics<ViewFloats>(new(shifts), new(sums), new(squares), GroupChannels);
        const int pixels = WinogradPlan.Side * WinogradPlan.Side;
        statistics.Write(partials, plan.AllPatches * pixels, plan.Channels, GroupPatches * pixels, plan.First / GroupPatches + block, firstChannel, GroupPatches);
    }

    private static Four Above(Four values, float shift) => new(values.A - shift, values.B - shift, values.C - shift, values.D - shift);

    private static float Sum(Four values) => values.A + values.B + (values.C + values.D);

    private static float Squares(Four values) => values.A * values.A + values.B * values.B + (values.C * values.C + values.D * values.D);
}
