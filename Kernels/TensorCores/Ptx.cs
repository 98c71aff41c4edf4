using ILGPU.Runtime.Cuda;

namespace LpcEngine.Kernels;

/// <summary>Instructions of NVIDIA's tensor cores and of what feeds them, from sm_80 on. All of the project's PTX is here.</summary>
/// <remarks>
/// Source: NVIDIA, Parallel Thread Execution ISA, sections "cp.async", "ldmatrix", "mma" and "cvt". ILGPU passes the operands of these statements through memory slots of the thread;
/// <see cref="Engine.RegisterSlots"/> makes them registers before the driver sees the text.
/// </remarks>
internal readonly struct Ptx : ITensorInstructions
{
    // The window of shared memory is 32 bits wide, and 'tiles' in an expression is its address there. Declared outside of braces: seen in the whole kernel, hence once in a kernel.
    public static TileMemory Allocate<TTile>() where TTile : struct, ITensorTile
    {
        if (default(TTile).SharedBytes == 48 * 1024) CudaAsm.Emit(".shared .align 128 .b8 tiles[49152];");
        else CudaAsm.Emit(".shared .align 128 .b8 tiles[32768];");
        return default;
    }

    // .cg: by way of the second-level cache only. The last operand is how many bytes are read; the rest of the 16 becomes zero.
    public static void CopyAsync(TileMemory memory, int to, WordArray source, int from, bool inside) => CudaAsm.Emit(
        "{ .reg .b32 s; mov.u32 s, tiles; add.u32 s, s, %0; cp.async.cg.shared.global [s], [%1], 16, %2; }",
        to, source.Address + (inside ? 4L * from : 0L), inside ? 16 : 0);

    public static void Commit() => CudaAsm.Emit("cp.async.commit_group;");

    public static void Wait<TTile>() where TTile : struct, ITensorTile
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
}
