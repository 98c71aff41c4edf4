using ILGPU.Runtime.Cuda;

namespace LpcEngine.Kernels;

/// <summary>Instructions of NVIDIA's tensor cores and of what feeds them, from sm_80 on; the last ones are Hopper's alone. All of the project's PTX is here.</summary>
/// <remarks>
/// Source: NVIDIA, Parallel Thread Execution ISA, sections "cp.async", "ldmatrix", "mma", "cvt" and "wgmma". ILGPU passes the operands of these statements through memory slots of the thread;
/// <see cref="Engine.RegisterSlots"/> makes them registers before the driver sees the text.
/// </remarks>
internal readonly struct Ptx : IWarpgroupInstructions
{
    // The window of shared memory is 32 bits wide, and 'tiles' in an expression is its address there. Declared outside of braces: seen in the whole kernel, hence once in a kernel.
    // Its exchange of places repeats every 512 or 1,024 bytes, and Hopper's takes it from the address itself.
    public static TileMemory Allocate<TTile>() where TTile : struct, IStagedTile
    {
        if (default(TTile).SharedBytes == 48 * 1024) CudaAsm.Emit(".shared .align 1024 .b8 tiles[49152];");
        else CudaAsm.Emit(".shared .align 1024 .b8 tiles[32768];");
        return default;
    }

    // .cg: by way of the second-level cache only. The last operand is how many bytes are read; the rest of the 16 becomes zero. Of none, the address is of no account.
    public static void CopyAsync(TileMemory memory, int to, WordArray source, int from, bool inside) => CudaAsm.Emit(
        "{ .reg .b32 s; mov.u32 s, tiles; add.u32 s, s, %0; cp.async.cg.shared.global [s], [%1], 16, %2; }",
        to, source.Address + 4L * from, inside ? 16 : 0);

    public static void Commit() => CudaAsm.Emit("cp.async.commit_group;");

    public static void Wait<TTile>() where TTile : struct, IStagedTile
    {
        if (default(TTile).Stages == 3) CudaAsm.Emit("cp.async.wait_group 1;");
        else CudaAsm.Emit("cp.async.wait_group 2;");
    }

    public static Words4 LoadMatrices(TileMemory memory, int row)
    {
        Input<int> from = row;
        Output<int> x = default, y = default, z = default, w = default;
        CudaAsm.EmitRef(
            "{ .reg .b32 s; mov.u32 s, tiles; add.u32 s, s, %4; ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [s]; }",
            ref x, ref y, ref z, ref w, ref from);
        return new(x.Value, y.Value, z.Value, w.Value);
    }

    public static Words4 LoadTransposed(TileMemory memory, int row)
    {
        Input<int> from = row;
        Output<int> x = default, y = default, z = default, w = default;
        CudaAsm.EmitRef(
            "{ .reg .b32 s; mov.u32 s, tiles; add.u32 s, s, %4; ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [s]; }",
            ref x, ref y, ref z, ref w, ref from);
        return new(x.Value, y.Value, z.Value, w.Value);
    }

    public static int LoadWord(TileMemory memory, int at)
    {
        CudaAsm.Emit("{ .reg .b32 s; mov.u32 s, tiles; add.u32 s, s, %1; ld.shared.b32 %0, [s]; }", out int word, at);
        return word;
    }

    public static void StoreWord(TileMemory memory, int at, int word) => CudaAsm.Emit("{ .reg .b32 s; mov.u32 s, tiles; add.u32 s, s, %0; st.shared.b32 [s], %1; }", at, word);

    public static void StoreWords(TileMemory memory, int at, Words4 words) =>
        CudaAsm.Emit("{ .reg .b32 s; mov.u32 s, tiles; add.u32 s, s, %0; st.shared.v4.b32 [s], {%1, %2, %3, %4}; }", at, words.X, words.Y, words.Z, words.W);

    public static int RoundTf32(int word)
    {
        CudaAsm.Emit("{ .reg .f32 f; mov.b32 f, %1; cvt.rna.tf32.f32 %0, f; }", out int rounded, word);
        return rounded;
    }

    public static Strip MultiplyTf32(TileMemory memory, Strip sums, Words4 a, Words4 b, Words4 c)
    {
        Ref<float> s0 = sums.A.X, s1 = sums.A.Y, s2 = sums.A.Z, s3 = sums.A.W, s4 = sums.B.X, s5 = sums.B.Y, s6 = sums.B.Z, s7 = sums.B.W;
        Ref<float> s8 = sums.C.X, s9 = sums.C.Y, s10 = sums.C.Z, s11 = sums.C.W, s12 = sums.D.X, s13 = sums.D.Y, s14 = sums.D.Z, s15 = sums.D.W;
        Input<int> a0 = a.X, a1 = a.Y, a2 = a.Z, a3 = a.W, b0 = b.X, b1 = b.Y, b2 = b.Z, b3 = b.W, c0 = c.X, c1 = c.Y, c2 = c.Z, c3 = c.W;
        CudaAsm.EmitRef(
            "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%16, %17, %18, %19}, {%20, %21}, {%0, %1, %2, %3};\n" +
            "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%4, %5, %6, %7}, {%16, %17, %18, %19}, {%22, %23}, {%4, %5, %6, %7};\n" +
            "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%8, %9, %10, %11}, {%16, %17, %18, %19}, {%24, %25}, {%8, %9, %10, %11};\n" +
            "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%12, %13, %14, %15}, {%16, %17, %18, %19}, {%26, %27}, {%12, %13, %14, %15};",
            ref s0, ref s1, ref s2, ref s3, ref s4, ref s5, ref s6, ref s7, ref s8, ref s9, ref s10, ref s11, ref s12, ref s13, ref s14, ref s15,
            ref a0, ref a1, ref a2, ref a3, ref b0, ref b1, ref b2, ref b3, ref c0, ref c1, ref c2, ref c3);
        return new(new(s0.Value, s1.Value, s2.Value, s3.Value), new(s4.Value, s5.Value, s6.Value, s7.Value),
            new(s8.Value, s9.Value, s10.Value, s11.Value), new(s12.Value, s13.Value, s14.Value, s15.Value));
    }

    public static Strip MultiplyBf16(TileMemory memory, Strip sums, Words4 a, Words4 b, Words4 c)
    {
        Ref<float> s0 = sums.A.X, s1 = sums.A.Y, s2 = sums.A.Z, s3 = sums.A.W, s4 = sums.B.X, s5 = sums.B.Y, s6 = sums.B.Z, s7 = sums.B.W;
        Ref<float> s8 = sums.C.X, s9 = sums.C.Y, s10 = sums.C.Z, s11 = sums.C.W, s12 = sums.D.X, s13 = sums.D.Y, s14 = sums.D.Z, s15 = sums.D.W;
        Input<int> a0 = a.X, a1 = a.Y, a2 = a.Z, a3 = a.W, b0 = b.X, b1 = b.Y, b2 = b.Z, b3 = b.W, c0 = c.X, c1 = c.Y, c2 = c.Z, c3 = c.W;
        CudaAsm.EmitRef(
            "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%16, %17, %18, %19}, {%20, %21}, {%0, %1, %2, %3};\n" +
            "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%4, %5, %6, %7}, {%16, %17, %18, %19}, {%22, %23}, {%4, %5, %6, %7};\n" +
            "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%8, %9, %10, %11}, {%16, %17, %18, %19}, {%24, %25}, {%8, %9, %10, %11};\n" +
            "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%12, %13, %14, %15}, {%16, %17, %18, %19}, {%26, %27}, {%12, %13, %14, %15};",
            ref s0, ref s1, ref s2, ref s3, ref s4, ref s5, ref s6, ref s7, ref s8, ref s9, ref s10, ref s11, ref s12, ref s13, ref s14, ref s15,
            ref a0, ref a1, ref a2, ref a3, ref b0, ref b1, ref b2, ref b3, ref c0, ref c1, ref c2, ref c3);
        return new(new(s0.Value, s1.Value, s2.Value, s3.Value), new(s4.Value, s5.Value, s6.Value, s7.Value),
            new(s8.Value, s9.Value, s10.Value, s11.Value), new(s12.Value, s13.Value, s14.Value, s15.Value));
    }

    // The sums of a warpgroup's products: 32 or 64 registers of a thread, which have names so that nothing moves them while products are under way.
    private const string Sums64 =
        "sum0, sum1, sum2, sum3, sum4, sum5, sum6, sum7, sum8, sum9, sum10, sum11, sum12, sum13, sum14, sum15, sum16, sum17, sum18, sum19, sum20, sum21, sum22, sum23, sum24, sum25, sum26, sum27, sum28, sum29, sum30, sum31";
    private const string Sums128 = Sums64 + ", " +
        "sum32, sum33, sum34, sum35, sum36, sum37, sum38, sum39, sum40, sum41, sum42, sum43, sum44, sum45, sum46, sum47, sum48, sum49, sum50, sum51, sum52, sum53, sum54, sum55, sum56, sum57, sum58, sum59, sum60, sum61, sum62, sum63";
    private const string Zero64 =
        "mov.f32 sum0, 0f00000000; mov.f32 sum1, 0f00000000; mov.f32 sum2, 0f00000000; mov.f32 sum3, 0f00000000; mov.f32 sum4, 0f00000000; mov.f32 sum5, 0f00000000; mov.f32 sum6, 0f00000000; mov.f32 sum7, 0f00000000; mov.f32 sum8, 0f00000000; mov.f32 sum9, 0f00000000; mov.f32 sum10, 0f00000000; mov.f32 sum11, 0f00000000; mov.f32 sum12, 0f00000000; mov.f32 sum13, 0f00000000; mov.f32 sum14, 0f00000000; mov.f32 sum15, 0f00000000; mov.f32 sum16, 0f00000000; mov.f32 sum17, 0f00000000; mov.f32 sum18, 0f00000000; mov.f32 sum19, 0f00000000; mov.f32 sum20, 0f00000000; mov.f32 sum21, 0f00000000; mov.f32 sum22, 0f00000000; mov.f32 sum23, 0f00000000; mov.f32 sum24, 0f00000000; mov.f32 sum25, 0f00000000; mov.f32 sum26, 0f00000000; mov.f32 sum27, 0f00000000; mov.f32 sum28, 0f00000000; mov.f32 sum29, 0f00000000; mov.f32 sum30, 0f00000000; mov.f32 sum31, 0f00000000;";
    private const string Zero128 = Zero64 + " " +
        "mov.f32 sum32, 0f00000000; mov.f32 sum33, 0f00000000; mov.f32 sum34, 0f00000000; mov.f32 sum35, 0f00000000; mov.f32 sum36, 0f00000000; mov.f32 sum37, 0f00000000; mov.f32 sum38, 0f00000000; mov.f32 sum39, 0f00000000; mov.f32 sum40, 0f00000000; mov.f32 sum41, 0f00000000; mov.f32 sum42, 0f00000000; mov.f32 sum43, 0f00000000; mov.f32 sum44, 0f00000000; mov.f32 sum45, 0f00000000; mov.f32 sum46, 0f00000000; mov.f32 sum47, 0f00000000; mov.f32 sum48, 0f00000000; mov.f32 sum49, 0f00000000; mov.f32 sum50, 0f00000000; mov.f32 sum51, 0f00000000; mov.f32 sum52, 0f00000000; mov.f32 sum53, 0f00000000; mov.f32 sum54, 0f00000000; mov.f32 sum55, 0f00000000; mov.f32 sum56, 0f00000000; mov.f32 sum57, 0f00000000; mov.f32 sum58, 0f00000000; mov.f32 sum59, 0f00000000; mov.f32 sum60, 0f00000000; mov.f32 sum61, 0f00000000; mov.f32 sum62, 0f00000000; mov.f32 sum63, 0f00000000;";

    public static void BeginSums<TTile>() where TTile : struct, IWarpgroupTile
    {
        if (default(TTile).Columns == 64) CudaAsm.Emit(".reg .f32 sum<32>; " + Zero64);
        else CudaAsm.Emit(".reg .f32 sum<64>; " + Zero128);
    }

    public static void ShowCopies() => CudaAsm.Emit("fence.proxy.async.shared::cta;");

    // An operand is described by 64 bits: where it starts, in units of 16 bytes; from bit 16 on how far one block is from the next across the sum, from bit 32 on how far eight rows are from the next eight (both in
    // such units, too); and in the highest two bits over how many bytes places are exchanged.
    private const string Describe =
        "{ .reg .b32 a, b; .reg .b64 l, r, m, s; .reg .pred p; mov.u32 a, tiles; add.u32 b, a, %1; add.u32 a, a, %0; shr.u32 a, a, 4; shr.u32 b, b, 4; cvt.u64.u32 l, a; cvt.u64.u32 r, b; ";

    // Rows of 64 bytes, over which places are exchanged: eight of them are 512 bytes (32 units). The second half of a row is 32 bytes (2) on.
    private const string DescribeRows = Describe + "or.b64 l, l, 0x8000002000010000; or.b64 r, r, 0x8000002000010000; add.u64 m, l, 2; add.u64 s, r, 2; setp.eq.u32 p, 0, 0; wgmma.fence.sync.aligned; ";

    // Pixels of 128 bytes, over which places are exchanged, in blocks of 64 channels and 32 pixels: 4,096 bytes (256) from block to block, 1,024 (64) from eight pixels to the next. The second half is 2,048 bytes (128) on.
    private const string DescribePixels = Describe + "or.b64 l, l, 0x4000004001000000; or.b64 r, r, 0x4000004001000000; add.u64 m, l, 128; add.u64 s, r, 128; setp.eq.u32 p, 0, 0; wgmma.fence.sync.aligned; ";

    // The columns alone, whose rows lie as those of DescribeRows: 8 words of tf32 are 32 bytes like 16 of bf16.
    private const string DescribeColumns =
        "{ .reg .b32 b; .reg .b64 r, s; .reg .pred p; mov.u32 b, tiles; add.u32 b, b, %8; shr.u32 b, b, 4; cvt.u64.u32 r, b; or.b64 r, r, 0x8000002000010000; add.u64 s, r, 2; setp.eq.u32 p, 0, 0; wgmma.fence.sync.aligned; ";

    // The numbers behind the predicate: + sums, +1 and +1 times the operands; for pixels, that the sum goes across the rows of both.
    private const string OfRows = ", p, 1, 1, 0, 0; ", OfPixels = ", p, 1, 1, 1, 1; ";
    private const string Product64 = "wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 {" + Sums64 + "}, ", Product128 = "wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 {" + Sums128 + "}, ";
    private const string CommitProducts = "wgmma.commit_group.sync.aligned; }";

    public static WarpTile MultiplyRows<TTile>(TileMemory memory, WarpTile sums, int left, int right) where TTile : struct, IWarpgroupTile
    {
        if (default(TTile).Columns == 64) CudaAsm.Emit(DescribeRows + Product64 + "l, r" + OfRows + Product64 + "m, s" + OfRows + CommitProducts, left, right);
        else CudaAsm.Emit(DescribeRows + Product128 + "l, r" + OfRows + Product128 + "m, s" + OfRows + CommitProducts, left, right);
        return sums;
    }

    private const string Tf32Product64 = "wgmma.mma_async.sync.aligned.m64n64k8.f32.tf32.tf32 {" + Sums64 + "}, ", Tf32Product128 = "wgmma.mma_async.sync.aligned.m64n128k8.f32.tf32.tf32 {" + Sums128 + "}, ";

    public static WarpTile MultiplyRowsTf32<TTile>(TileMemory memory, WarpTile sums, Words4 low, Words4 high, int right) where TTile : struct, IWarpgroupTile
    {
        Input<int> a0 = low.X, a1 = low.Y, a2 = low.Z, a3 = low.W, a4 = high.X, a5 = high.Y, a6 = high.Z, a7 = high.W, columns = right;
        if (default(TTile).Columns == 64)
        {
            CudaAsm.EmitRef(
                DescribeColumns + Tf32Product64 + "{%0, %1, %2, %3}, r, p, 1, 1; " + Tf32Product64 + "{%4, %5, %6, %7}, s, p, 1, 1; " + CommitProducts,
                ref a0, ref a1, ref a2, ref a3, ref a4, ref a5, ref a6, ref a7, ref columns);
        }
        else
        {
            CudaAsm.EmitRef(
                DescribeColumns + Tf32Product128 + "{%0, %1, %2, %3}, r, p, 1, 1; " + Tf32Product128 + "{%4, %5, %6, %7}, s, p, 1, 1; " + CommitProducts,
                ref a0, ref a1, ref a2, ref a3, ref a4, ref a5, ref a6, ref a7, ref columns);
        }
        return sums;
    }

    public static WarpTile MultiplyPixels<TTile>(TileMemory memory, WarpTile sums, int left, int right) where TTile : struct, IWarpgroupTile
    {
        if (default(TTile).Columns == 64) CudaAsm.Emit(DescribePixels + Product64 + "l, r" + OfPixels + Product64 + "m, s" + OfPixels + CommitProducts, left, right);
        else CudaAsm.Emit(DescribePixels + Product128 + "l, r" + OfPixels + Product128 + "m, s" + OfPixels + CommitProducts, left, right);
        return sums;
    }

    public static void WaitForProducts() => CudaAsm.Emit("wgmma.wait_group.sync.aligned 0;");

    public static WarpTile Sums<TTile>(WarpTile sums) where TTile : struct, IWarpgroupTile => new()
    {
        A = Named(0), B = Named(1), C = default(TTile).Columns == 64 ? default : Named(2), D = default(TTile).Columns == 64 ? default : Named(3),
    };

    // The sixteen sums of a strip.
    private static Strip Named(int strip)
    {
        Output<float> s0 = default, s1 = default, s2 = default, s3 = default, s4 = default, s5 = default, s6 = default, s7 = default;
        Output<float> s8 = default, s9 = default, s10 = default, s11 = default, s12 = default, s13 = default, s14 = default, s15 = default;
        if (strip == 0)
        {
            CudaAsm.EmitRef(
                "mov.f32 %0, sum0; mov.f32 %1, sum1; mov.f32 %2, sum2; mov.f32 %3, sum3; mov.f32 %4, sum4; mov.f32 %5, sum5; mov.f32 %6, sum6; mov.f32 %7, sum7; mov.f32 %8, sum8; mov.f32 %9, sum9; mov.f32 %10, sum10; mov.f32 %11, sum11; mov.f32 %12, sum12; mov.f32 %13, sum13; mov.f32 %14, sum14; mov.f32 %15, sum15;",
                ref s0, ref s1, ref s2, ref s3, ref s4, ref s5, ref s6, ref s7, ref s8, ref s9, ref s10, ref s11, ref s12, ref s13, ref s14, ref s15);
        }
        else if (strip == 1)
        {
            CudaAsm.EmitRef(
                "mov.f32 %0, sum16; mov.f32 %1, sum17; mov.f32 %2, sum18; mov.f32 %3, sum19; mov.f32 %4, sum20; mov.f32 %5, sum21; mov.f32 %6, sum22; mov.f32 %7, sum23; mov.f32 %8, sum24; mov.f32 %9, sum25; mov.f32 %10, sum26; mov.f32 %11, sum27; mov.f32 %12, sum28; mov.f32 %13, sum29; mov.f32 %14, sum30; mov.f32 %15, sum31;",
                ref s0, ref s1, ref s2, ref s3, ref s4, ref s5, ref s6, ref s7, ref s8, ref s9, ref s10, ref s11, ref s12, ref s13, ref s14, ref s15);
        }
        else if (strip == 2)
        {
            CudaAsm.EmitRef(
                "mov.f32 %0, sum32; mov.f32 %1, sum33; mov.f32 %2, sum34; mov.f32 %3, sum35; mov.f32 %4, sum36; mov.f32 %5, sum37; mov.f32 %6, sum38; mov.f32 %7, sum39; mov.f32 %8, sum40; mov.f32 %9, sum41; mov.f32 %10, sum42; mov.f32 %11, sum43; mov.f32 %12, sum44; mov.f32 %13, sum45; mov.f32 %14, sum46; mov.f32 %15, sum47;",
                ref s0, ref s1, ref s2, ref s3, ref s4, ref s5, ref s6, ref s7, ref s8, ref s9, ref s10, ref s11, ref s12, ref s13, ref s14, ref s15);
        }
        else
        {
            CudaAsm.EmitRef(
                "mov.f32 %0, sum48; mov.f32 %1, sum49; mov.f32 %2, sum50; mov.f32 %3, sum51; mov.f32 %4, sum52; mov.f32 %5, sum53; mov.f32 %6, sum54; mov.f32 %7, sum55; mov.f32 %8, sum56; mov.f32 %9, sum57; mov.f32 %10, sum58; mov.f32 %11, sum59; mov.f32 %12, sum60; mov.f32 %13, sum61; mov.f32 %14, sum62; mov.f32 %15, sum63;",
                ref s0, ref s1, ref s2, ref s3, ref s4, ref s5, ref s6, ref s7, ref s8, ref s9, ref s10, ref s11, ref s12, ref s13, ref s14, ref s15);
        }
        return new(new(s0.Value, s1.Value, s2.Value, s3.Value), new(s4.Value, s5.Value, s6.Value, s7.Value),
            new(s8.Value, s9.Value, s10.Value, s11.Value), new(s12.Value, s13.Value, s14.Value, s15.Value));
    }
}
