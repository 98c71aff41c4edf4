using System.Reflection;
using System.Text.RegularExpressions;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace LpcEngine.Tests.DeviceLayer;

/// <summary>Every GPU kernel, compiled to NVIDIA's assembly without a GPU: it must compile, call nothing that isn't there, and keep its values in registers.</summary>
/// <remarks>
/// A kernel is a method that takes views of device memory and that a constructor (or field initialiser) makes a delegate of: that is how launchers are loaded. So the kernels of
/// new operations are found by themselves. The environment variable LPC_PTX names a folder to which all the texts are written.
/// </remarks>
public sealed class KernelAssembly
{
    /// <summary>Every kernel that CUDA would be given.</summary>
    internal static IEnumerable<MethodInfo> Kernels { get; } = (
        from assembly in new[] { typeof(Tensor).Assembly, typeof(OpSpec).Assembly }
        from type in assembly.GetTypes().SelectMany(Closed)
        where !type.GetGenericArguments().Contains(typeof(PtxTwin)) // stands in for tensor cores where there is no CUDA
        from constructor in type.GetConstructors(BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
        from method in MethodsReferredTo(constructor)
        where method.GetParameters().Any(parameter => HoldsView(parameter.ParameterType))
        where !(IsMatrixKernel(method) && (method.GetGenericArguments().Contains(typeof(Tile2x4)) || method.GetGenericArguments().Contains(typeof(Tile4x4)))) // narrow products are gathered
        select method).Distinct().ToArray();

    private static IEnumerable<TestCaseData> Cases =>
        from architecture in new[] { CudaArchitecture.SM_80, CudaArchitecture.SM_90 }
        from method in Kernels
        where architecture == CudaArchitecture.SM_90 || !IsHoppers(method)
        select new TestCaseData(method, architecture).SetArgDisplayNames(NameOf(method), architecture.ToString());

    [Test]
    public void Kernels_are_found() => Assert.That(Kernels.Count(), Is.GreaterThan(20));

    [TestCaseSource(nameof(Cases))]
    public void A_kernel_compiles_without_local_memory_and_without_missing_functions(MethodInfo method, CudaArchitecture architecture)
    {
        var text = Compile(method, architecture);
        Assert.Multiple(() =>
        {
            Assert.That(text, Does.Contain(IsHoppers(method) ? ".target sm_90a\n" : architecture == CudaArchitecture.SM_90 ? ".target sm_90\n" : ".target sm_80\n"));
            Assert.That(text, Does.Not.Contain(".extern .func"), "calls a function that no library has (MathF.FusedMultiplyAdd becomes one)");
            Assert.That(UniformBranches.Wrong(text), Is.Empty, "claims that all threads of a warp branch alike where they need not");
            Assert.That(Lines(text, ".local"), Is.Empty, "keeps values in local memory: an array, or a reference to a struct that ILGPU could not split");
        });
    }

    private static IEnumerable<TestCaseData> TileKernels =>
        from method in Kernels
        where method.IsGenericMethod && (method.DeclaringType == typeof(TileRowsGpu) || method.DeclaringType == typeof(TileColumnsGpu))
        select new TestCaseData(method).SetArgDisplayNames(NameOf(method));

    private static bool IsMatrixKernel(MethodInfo method) => method.GetGenericArguments().Contains(typeof(MatrixRowSlices)) || method.GetGenericArguments().Contains(typeof(MatrixColumnSlices));

    /// <summary>The inner product must be what it was designed to be: wide reads of shared memory at constant offsets, wide reads of the operands, and no more than that for so many multiply-adds.</summary>
    [TestCaseSource(nameof(TileKernels))]
    public void Tile_products_read_sixteen_bytes_at_a_time(MethodInfo method)
    {
        var tile = method.GetGenericArguments()[0];
        // Steps that are written out; for each of them reads of both operands, and sums.
        var (steps, left, right, sums) = tile == typeof(Tile2x4) ? (16, 1, 1, 8) : tile == typeof(Tile4x4) ? (8, 1, 1, 16) : tile == typeof(Tile8x4) ? (4, 2, 1, 32) : (4, 2, 2, 64);
        var text = Compile(method, CudaArchitecture.SM_80);
        var (adds, measures) = (method.GetGenericArguments().Contains(typeof(Adding)), method.GetGenericArguments().Contains(typeof(Measuring)));
        var loop = Regex.Split(text, @"\n\s*L_\w+:").MaxBy(block => Lines(block, "ld.shared").Count)!;
        Assert.Multiple(() =>
        {
            Assert.That(Lines(loop, "ld.shared.v4").Count, Is.EqualTo(tile == typeof(Tile2x4) ? steps : steps * (left + right)), "reads of 16 bytes");
            Assert.That(Lines(loop, "ld.shared.v2").Count, Is.EqualTo(tile == typeof(Tile2x4) ? steps : 0), "reads of 8 bytes");
            Assert.That(Lines(loop, "ld.shared").Count, Is.EqualTo(steps * (left + right)), "reads");
            Assert.That(Lines(loop, "mul.f32").Count, Is.EqualTo(steps * sums), "products; the driver's assembler makes one instruction of a product and the sum that takes it");
            Assert.That(Lines(loop, "add.f32").Count, Is.EqualTo(steps * sums), "sums");
            // What lies behind a tap: two reads of its numbers and one of what fills them up to 16 bytes, which the assembler makes one.
            var jumps = method.GetGenericArguments().Contains(typeof(TapRowSlices)) ? 3 : 0;
            if (!measures) Assert.That(Lines(text, "ld.shared").Count, Is.EqualTo(Lines(loop, "ld.shared").Count + jumps), "reads elsewhere");
            if (method.GetGenericArguments()[1] == typeof(GatheredColumnSlices) || method.GetGenericArguments()[1] == typeof(GatheredRowSlices<Unaligned>)) return;
            var aSlice = tile == typeof(Tile8x8) ? 2 : 3;
            var isRows = method.DeclaringType == typeof(TileRowsGpu);
            // The bias, and what results are added to: four sums at a time.
            var behind = isRows ? (tile == typeof(Tile8x8) || tile == typeof(Tile8x8Narrow) ? 2 : 1) + (adds ? sums / 4 : 0) : 0;
            Assert.That(Lines(text, "ld.global").Count, Is.EqualTo(2 * aSlice + behind), "reads of the operands: of the first slice, of the next in the loop, and behind it");
            Assert.That(Lines(text, "ld.global.v4").Count, Is.EqualTo(2 * aSlice + behind), "such reads of 16 bytes");
            Assert.That(Lines(text, "bar.sync").Count, Is.EqualTo(measures ? 4 : 1), "barriers");
        });
    }

    /// <summary>A thread of minimal filtering has all of its patch in registers: each number is read once and written once, and nothing lies between in memory.</summary>
    [TestCase(nameof(WinogradKernelsGpu.InputKernel), 36, 36)]
    [TestCase(nameof(WinogradKernelsGpu.OutputKernel), 36 + 16, 16)] // what results are added to
    [TestCase(nameof(WinogradKernelsGpu.OutputAdjointKernel), 16, 36)]
    [TestCase(nameof(WinogradKernelsGpu.FilterKernel), 9, 36)]
    [TestCase(nameof(WinogradKernelsGpu.FilterAdjointKernel), 36, 9)]
    public void Maps_of_minimal_filtering_read_and_write_once(string name, int reads, int writes)
    {
        var method = Kernels.Single(method => method.DeclaringType == typeof(WinogradKernelsGpu) && method.Name == name && !method.GetGenericArguments().Contains(typeof(WithStatistics)));
        var text = Compile(method, CudaArchitecture.SM_80);
        Assert.Multiple(() =>
        {
            Assert.That(Lines(text, "ld.global.f32").Count, Is.EqualTo(reads), "reads");
            Assert.That(Lines(text, "st.global.f32").Count, Is.EqualTo(writes), "writes");
            Assert.That(Lines(text, "ld.global").Count + Lines(text, "st.global").Count, Is.EqualTo(reads + writes), "accesses of another kind");
            Assert.That(Lines(text, ".shared"), Is.Empty, "shared memory");
        });
    }

    private static IEnumerable<TestCaseData> TensorKernels =>
        from method in Kernels
        where method.IsGenericMethod && method.GetGenericArguments().Contains(typeof(Ptx)) && !IsHoppers(method)
        select new TestCaseData(method).SetArgDisplayNames(NameOf(method));

    /// <summary>What tensor cores are fed with and how much of it: for each half of a slice 16 products and as few loads as their fragments need, behind one barrier.</summary>
    [TestCaseSource(nameof(TensorKernels))]
    public void Tensor_kernels_are_what_they_were_designed_to_be(MethodInfo method)
    {
        var text = Compile(method, CudaArchitecture.SM_80);
        var (isRows, isTf32) = (method.DeclaringType == typeof(TensorRowsGpu), method.GetGenericArguments().Contains(typeof(Tf32Element)));
        var measures = method.GetGenericArguments().Contains(typeof(WithStatistics));
        var tile = (ITensorTile)Activator.CreateInstance(method.GetGenericArguments().Single(typeof(ITensorTile).IsAssignableFrom))!;
        Assert.Multiple(() =>
        {
            Assert.That(Lines(text, isTf32 ? "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32" : "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32").Count, Is.EqualTo(2 * 16), "products");
            Assert.That(Lines(text, "mma.sync").Count, Is.EqualTo(2 * 16), "products of another kind");
            Assert.That(Lines(text, "cvt.rna.tf32").Count, Is.EqualTo(isTf32 ? 2 * (isRows ? 4 * 4 : 4 * 4 + 2 * 4) : 0), "roundings: in products of rows the right factor has been rounded");
            Assert.That(Lines(text, "ldmatrix.sync.aligned.m8n8.x4.shared").Count, Is.EqualTo(isRows ? 2 * 6 : 0), "fragments");
            Assert.That(Lines(text, "ldmatrix.sync.aligned.m8n8.x4.trans.shared").Count, Is.EqualTo(isRows || isTf32 ? 0 : 2 * 6), "transposed fragments");
            if (!measures) Assert.That(Lines(text, "ld.shared.b32").Count, Is.EqualTo(isRows || !isTf32 ? 0 : 2 * 6 * 4), "fragments word by word");
            // Before the loop and within it.
            Assert.That(Lines(text, "cp.async.cg.shared.global").Count, Is.EqualTo(2 * 4 * (tile.Rows + tile.Columns) / tile.Threads), "copies");
            Assert.That(Lines(text, "bar.sync").Count, Is.EqualTo(measures ? 4 : 1), "barriers");
            Assert.That(Lines(text, $"cp.async.wait_group {tile.Stages - 2};").Count, Is.EqualTo(1), "waits");
            Assert.That(text.IndexOf("cp.async.wait_group", StringComparison.Ordinal), Is.LessThan(text.IndexOf("bar.sync", StringComparison.Ordinal)), "a wait behind the barrier");
            Assert.That(text.IndexOf("bar.sync", StringComparison.Ordinal), Is.LessThan(text.LastIndexOf("cp.async.cg", StringComparison.Ordinal)), "a copy before the barrier");
            Assert.That(Lines(text, "cp.async.commit_group").Count, Is.GreaterThanOrEqualTo(2), "groups of copies; that each is closed, TensorAssembly shows by running it");
            // Results leave 16 bytes at a time (8 in the other kernel): for each of four strips two rows, of floats two accesses.
            Assert.That(Lines(text, isRows ? "st.global.v4" : "st.global.v2").Count, Is.EqualTo(isRows ? (isTf32 ? 16 : 8) : 4 * 4 * 2), "stores");
            Assert.That(Lines(text, $".shared .align 1024 .b8 tiles[{tile.SharedBytes}];").Count, Is.EqualTo(1), "shared memory");
            Assert.That(Lines(text, ".shared .align").Count, Is.EqualTo(1), "shared memory that the twins need");
        });
    }

    [Test]
    public void Hoppers_products_are_for_Hopper_and_drivers_that_know_them() => Assert.Multiple(() =>
    {
        Assert.That(Warpgroups.AreOf(CudaArchitecture.SM_90, CudaInstructionSet.ISA_80));
        Assert.That(Warpgroups.AreOf(CudaArchitecture.SM_90, CudaInstructionSet.ISA_88));
        Assert.That(Warpgroups.AreOf(CudaArchitecture.SM_90, CudaInstructionSet.ISA_78), Is.False, "PTX 7.8");
        foreach (var other in new[] { CudaArchitecture.SM_80, CudaArchitecture.SM_86, CudaArchitecture.SM_89, CudaArchitecture.SM_100, CudaArchitecture.SM_120 })
            Assert.That(Warpgroups.AreOf(other, CudaInstructionSet.ISA_88), Is.False, other.ToString());
    });

    private static bool IsHoppers(MethodInfo method) => IsCeiling(method) || method.IsGenericMethod && method.GetGenericArguments().Any(typeof(IWarpgroupTile).IsAssignableFrom);

    private static bool IsCeiling(MethodInfo method) => method.DeclaringType is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(GpuWarpgroupArithmetic<>);

    private static IEnumerable<TestCaseData> WarpgroupKernels => from method in Kernels where IsHoppers(method) && !IsCeiling(method) select new TestCaseData(method).SetArgDisplayNames(NameOf(method));

    /// <summary>Two products for each slice, started behind one barrier and waited for in front of it; the loop moves none of their sums.</summary>
    [TestCaseSource(nameof(WarpgroupKernels))]
    public void Warpgroup_kernels_are_what_they_were_designed_to_be(MethodInfo method)
    {
        var text = Compile(method, CudaArchitecture.SM_90);
        var (isRows, measures) = (method.DeclaringType == typeof(WarpgroupRowsGpu), method.GetGenericArguments().Contains(typeof(WithStatistics)));
        var tile = (IWarpgroupTile)Activator.CreateInstance(method.GetGenericArguments().Single(typeof(IWarpgroupTile).IsAssignableFrom))!;
        var isTf32 = method.GetGenericArguments().Contains(typeof(Tf32Element));
        var product = $"wgmma.mma_async.sync.aligned.m64n{tile.Columns}{(isTf32 ? "k8.f32.tf32.tf32" : "k16.f32.bf16.bf16")}";
        Assert.Multiple(() =>
        {
            Assert.That(Regex.Matches(text, Regex.Escape(product)), Has.Count.EqualTo(2), "products");
            Assert.That(Regex.Matches(text, "wgmma.mma_async"), Has.Count.EqualTo(2), "products of another kind");
            Assert.That(Regex.Matches(text, @"p, 1, 1, 1, 1;"), Has.Count.EqualTo(isRows ? 0 : 2), "products across the rows of shared memory");
            Assert.That(Regex.Matches(text, @"wgmma\.fence\.sync\.aligned"), Has.Count.EqualTo(1), "fences");
            Assert.That(Regex.Matches(text, @"wgmma\.commit_group"), Has.Count.EqualTo(1), "groups of products");
            Assert.That(Regex.Matches(text, @"wgmma\.wait_group\.sync\.aligned 0;"), Has.Count.EqualTo(2), "waits for products: for the slice before, and for the last one");
            Assert.That(Lines(text, "fence.proxy.async.shared::cta").Count, Is.EqualTo(1), "copies shown to products");
            Assert.That(Lines(text, "bar.sync").Count, Is.EqualTo(!measures ? 1 : isTf32 && tile.Columns == 128 ? 9 : 5), "barriers: statistics of 128 columns of floats come in two halves");
            Assert.That(Lines(text, $"cp.async.wait_group {tile.Stages - 2};").Count, Is.EqualTo(1), "waits for copies");
            Assert.That(Order("cp.async.wait_group", "wgmma.wait_group", "fence.proxy.async", "bar.sync", "wgmma.mma_async"), "the order of waits, barrier and products");
            Assert.That(text.IndexOf("wgmma.commit_group", StringComparison.Ordinal), Is.LessThan(text.LastIndexOf("cp.async.cg", StringComparison.Ordinal)), "a copy before the products that it runs beside");
            Assert.That(Lines(text, "ldmatrix").Count, Is.EqualTo(isTf32 ? 2 : 0), "left fragments");
            Assert.That(Lines(text, "cvt.rna.tf32").Count, Is.EqualTo(isTf32 ? 2 * 4 : 0), "roundings");
            Assert.That(text.LastIndexOf("cvt.rna.tf32", StringComparison.Ordinal), Is.LessThan(text.IndexOf("wgmma.fence", StringComparison.Ordinal)), "a left fragment that is written behind the fence");
            Assert.That(Regex.Matches(text, @"mov\.f32 sum\d+, 0f00000000"), Has.Count.EqualTo(tile.Columns / 2), "sums that begin as zero");
            Assert.That(Lines(text, $".shared .align 1024 .b8 tiles[{tile.SharedBytes}];").Count, Is.EqualTo(1), "shared memory");
            Assert.That(Lines(text, ".shared .align").Count, Is.EqualTo(1), "shared memory that the twins need");
            Assert.That(Lines(text, isRows ? "st.global.v4" : "st.global.v2").Count, Is.EqualTo(isRows ? tile.Columns / (isTf32 ? 8 : 16) : tile.Columns / 4), "stores");
        });

        bool Order(params string[] parts)
        {
            var places = parts.Select(part => text.IndexOf(part, StringComparison.Ordinal)).ToArray();
            return places.All(place => place >= 0) && places.SequenceEqual(places.Order());
        }
    }

    /// <summary>The stages of a tile fill the memory that it asks for, and no more.</summary>
    [Test]
    public void Stages_fit_into_shared_memory([Values(typeof(Tile128x128), typeof(Tile128x64), typeof(Tile64x64), typeof(Warpgroups128x128), typeof(Warpgroups128x64), typeof(Warpgroups64x64))] Type type)
    {
        var tile = (IStagedTile)Activator.CreateInstance(type)!;
        Assert.That((tile.Rows + tile.Columns) * 4 * RowSlices.Words * tile.Stages, Is.EqualTo(tile.SharedBytes));
        if (tile is not ITensorTile warps)
        {
            Assert.That(tile.Threads, Is.EqualTo(2 * tile.Rows), "four warps for 64 rows");
            return;
        }
        Assert.That(tile.Threads, Is.EqualTo(32 * warps.WarpsAcross * tile.Rows / 64));
        Assert.That(tile.Columns, Is.EqualTo(32 * warps.WarpsAcross));
    }

    private static IEnumerable<MethodInfo> StoredAsHalves => Kernels.Where(method => method.GetParameters().Any(parameter => parameter.ParameterType == typeof(Bf16Storage)));

    /// <summary>Halves are read and written four at a time; one by one only where fewer than four are left, in code of its own that most threads skip.</summary>
    [TestCaseSource(nameof(StoredAsHalves))]
    public void Kernels_move_four_halves_at_a_time(MethodInfo method)
    {
        var text = Compile(method, CudaArchitecture.SM_80);
        var (four, one) = (Lines(text, "global.v2.b32").Count, Lines(text, "global.b16").Count);
        Assert.That(four, Is.GreaterThanOrEqualTo(1));
        Assert.That(one, Is.LessThanOrEqualTo(3 * four), "more accesses one by one than rests of up to three need");
        Assert.That(Lines(text, "global.v2.b16"), Is.Empty, "two halves at a time: the view was not cast before it was indexed");
    }

    private static IEnumerable<MethodInfo> BatchNormPasses => Kernels.Where(method => method.DeclaringType == typeof(BatchNormGpuKernels));

    /// <summary>The loop over complete rows is one block: no branch keeps an access from being asked for before the one in front of it has arrived.</summary>
    [TestCaseSource(nameof(BatchNormPasses))]
    public void Batch_normalisation_asks_for_all_of_a_row_at_once(MethodInfo method)
    {
        var adds = method.GetGenericArguments().Contains(typeof(FuseAddSwish)) ? 1 : 0;
        var loadsAndStores = method.Name switch
        {
            nameof(BatchNormGpuKernels.Statistics) => (1, 0),
            nameof(BatchNormGpuKernels.Forward) => (1 + adds, 1),
            nameof(BatchNormGpuKernels.Reduce) => (2 + adds, adds),
            _ => (2, 1),
        };
        var wide = method.GetGenericArguments().Contains(typeof(Bf16Storage)) ? "global.v2.b32" : "global.v4";
        var blocks = Regex.Split(Compile(method, CudaArchitecture.SM_80), @"\n\s*L_\w+:|\n[^\n]*\bbra\b");
        Assert.That(blocks.Select(block => (Lines(block, "ld." + wide).Count, Lines(block, "st." + wide).Count)), Has.Member(loadsAndStores));
    }

    /// <summary>What <see cref="Elements"/> is there against: were it not found here, it would be found in no kernel.</summary>
    [Test]
    public void A_kernel_that_takes_an_index_claims_uniform_branches()
    {
        var method = typeof(KernelAssembly).GetMethod(nameof(WithIndex), BindingFlags.Static | BindingFlags.NonPublic)!;
        var text = KernelText.OfImplicitlyGrouped(method);
        Assert.That(UniformBranches.Wrong(text), Is.Not.Empty);
    }

    private static void WithIndex(Index1D i, ArrayView<float> x)
    {
        for (var k = 0; k < i; k++) x[k] += 1f;
    }

    private static string Compile(MethodInfo method, CudaArchitecture architecture)
    {
        var first = method.GetParameters()[0].ParameterType;
        Assert.That(first, Is.Not.EqualTo(typeof(Index1D)).And.Not.EqualTo(typeof(Index2D)).And.Not.EqualTo(typeof(Index3D)), "takes an index; kernels ask Elements for theirs");
        var text = KernelText.Of(method, architecture);
        if (Environment.GetEnvironmentVariable("LPC_PTX") is { Length: > 0 } folder) File.WriteAllText(Path.Combine(folder, $"{NameOf(method).Replace(' ', '-')}-{architecture}.ptx"), text);
        return text;
    }

    /// <summary>The methods of which a constructor makes delegates: the operands of its ldftn instructions.</summary>
    private static IEnumerable<MethodInfo> MethodsReferredTo(ConstructorInfo constructor)
    {
        var code = constructor.GetMethodBody()?.GetILAsByteArray() ?? [];
        for (var i = 0; i + 6 <= code.Length; i++)
        {
            if (code[i] != 0xFE || code[i + 1] != 0x06) continue;
            MethodBase? method = null;
            // The two bytes may also be the tail of another instruction's number; then what follows is no token.
            try { method = constructor.Module.ResolveMethod(BitConverter.ToInt32(code, i + 2), constructor.DeclaringType!.GetGenericArguments(), null); }
            catch (ArgumentException) { }
            if (method is MethodInfo found) yield return found;
        }
    }

    // A lambda lies in a nested class of the compiler's: the class around it says whose it is.
    internal static string NameOf(MethodInfo method)
    {
        var type = method.IsStatic ? method.DeclaringType! : method.DeclaringType!.DeclaringType!;
        var arguments = (type.IsGenericType ? type.GetGenericArguments() : []).Concat(method.IsGenericMethod ? method.GetGenericArguments() : []);
        return $"{(type.IsNested ? type.DeclaringType!.Name + "." : "")}{type.Name}.{method.Name}{string.Concat(arguments.Select(argument => $" {NameOf(argument)}"))}";
    }

    private static string NameOf(Type type) => type.IsGenericType ? $"{type.Name.Split('`')[0]}Of{string.Concat(type.GetGenericArguments().Select(NameOf))}" : type.Name;

    // A class that is generic over structs appears once for every combination of those that it takes.
    private static IEnumerable<Type> Closed(Type type)
    {
        if (!type.IsGenericTypeDefinition) return [type];
        var combinations = type.GetGenericArguments().Aggregate((IEnumerable<Type[]>)[[]], (found, parameter) => found.SelectMany(before => Fitting(parameter), (before, next) => (Type[])[.. before, next]));
        return combinations.Select(Close).OfType<Type>();

        // By name: a constraint may itself be generic over the parameter.
        IEnumerable<Type> Fitting(Type parameter) => type.Assembly.GetTypes().Where(candidate => candidate.IsValueType
            && parameter.GetGenericParameterConstraints().All(constraint => !constraint.IsInterface || candidate.GetInterface(constraint.Name) is not null))
            .SelectMany(candidate => !candidate.IsGenericTypeDefinition ? [candidate] : type.IsValueType ? [] : Closed(candidate)); // a struct is generic over plain ones

        Type? Close(Type[] arguments)
        {
            try { return type.MakeGenericType(arguments); }
            catch (ArgumentException) { return null; }
        }
    }

    private static List<string> Lines(string text, string part) => text.Split('\n').Where(line => line.Contains(part, StringComparison.Ordinal)).ToList();

    // Parameters are views, or structs with views among their fields.
    private static bool HoldsView(Type type) => (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ArrayView<>))
        || (type is { IsValueType: true, IsPrimitive: false, IsGenericType: false } && type.GetFields().Any(field => field.FieldType != type && HoldsView(field.FieldType)));
}
