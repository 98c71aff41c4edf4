using System.Text.RegularExpressions;

namespace LpcEngine.Tests.DeviceLayer;

/// <content>The products of tensor cores: of warps (<c>mma</c>) and of warpgroups (<c>wgmma</c>).</content>
internal sealed partial class PtxMachine
{
    [GeneratedRegex(@"^wgmma\.mma_async\.sync\.aligned\.m64n(?<columns>\d+)(k16\.f32\.bf16\.bf16|(?<tf32>k8\.f32\.tf32\.tf32))$")]
    private static partial Regex Shape();

    private sealed partial class Group
    {
        // D = A·B + D of 16×8 sums: the tables of "Matrix Fragments for mma.m16n8k8" and "… m16n8k16".
        private void Multiply(Thread[] warp, Instruction instruction)
        {
            var isHalf = instruction.Opcode.Contains("bf16", StringComparison.Ordinal);
            var (d, a, b) = (instruction.Operands[0].Parts!, instruction.Operands[1].Parts!, instruction.Operands[2].Parts!);
            if (!d.Select(part => part.Register).SequenceEqual(instruction.Operands[3].Parts!.Select(part => part.Register))) throw new NotSupportedException(instruction.Text);
            var depth = isHalf ? 16 : 8;
            var (left, right) = (new double[16, depth], new double[depth, 8]);
            foreach (var lane in warp)
            {
                int row = lane.Index % WarpSize / 4, t = lane.Index % 4;
                for (var i = 0; i < 4; i++) Spread(Get(lane, a[i]), (k, value) => left[row + i % 2 * 8, k] = value, t + i / 2 * 4);
                for (var i = 0; i < 2; i++) Spread(Get(lane, b[i]), (k, value) => right[k, row] = value, t + i * 4);
            }
            foreach (var lane in warp)
                for (var i = 0; i < 4; i++)
                {
                    int row = lane.Index % WarpSize / 4 + i / 2 * 8, column = lane.Index % 4 * 2 + i % 2;
                    double sum = BitConverter.UInt32BitsToSingle((uint)Get(lane, d[i]));
                    for (var k = 0; k < depth; k++) sum += left[row, k] * right[k, column];
                    Set(lane, d[i], BitConverter.SingleToUInt32Bits((float)sum));
                }

            void Spread(ulong word, Action<int, double> put, int at)
            {
                if (isHalf)
                {
                    put(2 * at, BitConverter.UInt32BitsToSingle((uint)word << 16));
                    put(2 * at + 1, BitConverter.UInt32BitsToSingle((uint)word & 0xFFFF0000));
                    return;
                }
                if ((word & 0x1FFF) != 0 && word != 0x7FFFFFFF) throw new InvalidOperationException($"{instruction.Text}: an operand was not rounded");
                put(at, BitConverter.UInt32BitsToSingle((uint)word));
            }
        }

        // A warpgroup's four warps do the same, each its own 16 rows; its products read shared memory when they are started, or as late as they may: when they are waited for.
        private void Warpgroup(Thread[] warp, Instruction instruction)
        {
            var first = warp[0];
            switch (instruction.Opcode)
            {
                case "wgmma.fence.sync.aligned": first.IsFenced = true; return;
                case "wgmma.commit_group.sync.aligned": return;
                case "wgmma.wait_group.sync.aligned":
                    if (instruction.Operands[0].Value != 0) throw new NotSupportedException(instruction.Text);
                    first.Products.ForEach(static product => product());
                    first.Products.Clear();
                    first.IsFenced = false;
                    return;
            }
            var shape = Shape().Match(instruction.Opcode);
            if (!shape.Success) throw new NotSupportedException(instruction.Text);
            if (!first.IsFenced) throw new InvalidOperationException("a product before the fence of its registers");
            if (threads.Any(thread => thread.HidesWrites)) throw new InvalidOperationException("a product that reads what was written and not shown to it");
            var o = instruction.Operands;
            if (Get(first, o[3]) == 0 || o[4].Value != 1 || o[5].Value != 1) throw new NotSupportedException(instruction.Text);
            var (columns, isTf32, right) = (int.Parse(shape.Groups["columns"].Value), shape.Groups["tf32"].Success, Get(first, o[2]));
            var left = o[1].Parts is null ? Get(first, o[1]) : 0;
            if (warp.Any(lane => Get(lane, o[2]) != right || o[1].Parts is null && Get(lane, o[1]) != left)) throw new InvalidOperationException("lanes that describe different operands");
            if (isTf32 != o[1].Parts is not null) throw new NotSupportedException($"{instruction.Text}: bf16 from shared memory and tf32 from registers are all that kernels use");
            // Registers of the left operand are read as late as shared memory is: one that was overwritten meanwhile shows.
            Action product = isTf32
                ? () => MultiplyRegisters(warp, o[0].Parts!, columns, o[1].Parts!, right, instruction.Text)
                : () => MultiplyShared(warp, o[0].Parts!, columns, left, o[6].Value != 0, right, o[7].Value != 0, instruction.Text);
            if (machine.CopiesArriveAtOnce) product();
            else first.Products.Add(product);
        }

        // The left operand of tf32, "WGMMA .m64nNk8 register fragment": a warp's 16 rows as in m16n8k8.
        private void MultiplyRegisters(Thread[] warp, Operand[] d, int columns, Operand[] a, ulong right, string text)
        {
            if (a.Length != 4) throw new NotSupportedException(text);
            var rows = new float[16, 8];
            foreach (var lane in warp)
                for (var i = 0; i < 4; i++) rows[lane.Index % WarpSize / 4 + i % 2 * 8, lane.Index % 4 + i / 2 * 4] = Tf32Number((uint)Get(lane, a[i]), text);
            Multiply(warp, d, columns, (row, k) => rows[row % 16, k], (column, k) => Tf32Number(BitConverter.ToUInt32(Shared(Address(right, isAcross: false, column, k, 4, text), 4, text)), text), 8, text);
        }

        private static float Tf32Number(uint word, string text) => (word & 0x1FFF) == 0 || word == 0x7FFFFFFF
            ? BitConverter.UInt32BitsToSingle(word)
            : throw new InvalidOperationException($"{text}: an operand was not rounded");

        // "Asynchronous warpgroup level matrix multiply-accumulate": sums as in m16n8, octet of columns after octet; row 16·(warp mod 4) is a warp's first.
        private void MultiplyShared(Thread[] warp, Operand[] d, int columns, ulong left, bool leftAcross, ulong right, bool rightAcross, string text) =>
            Multiply(warp, d, columns, (row, k) => Half(left, leftAcross, row, k, text), (column, k) => Half(right, rightAcross, column, k, text), 16, text);

        private void Multiply(Thread[] warp, Operand[] d, int columns, Func<int, int, float> left, Func<int, int, float> right, int depth, string text)
        {
            if (d.Length != columns / 2) throw new NotSupportedException(text);
            foreach (var lane in warp)
                for (var i = 0; i < d.Length; i++)
                {
                    int row = lane.Index / WarpSize % 4 * 16 + lane.Index % WarpSize / 4 + i / 2 % 2 * 8, column = i / 4 * 8 + lane.Index % 4 * 2 + i % 2;
                    double sum = BitConverter.UInt32BitsToSingle((uint)Get(lane, d[i]));
                    for (var k = 0; k < depth; k++) sum += (double)left(row, k) * right(column, k);
                    Set(lane, d[i], BitConverter.SingleToUInt32Bits((float)sum));
                }
        }

        private float Half(ulong descriptor, bool isAcross, int at, int k, string text) => BFloat16.ToFloat(BitConverter.ToUInt16(Shared(Address(descriptor, isAcross, at, k, 2, text), 2, text)));

        // "Matrix descriptor": start in bits 0–13, leading offset 16–29, stride offset 32–45, exchange of places 62–63 (1: over 128 bytes, 2: over 64), all in units of 16 bytes. Along the rows of shared memory, eight rows
        // follow each other and the stride leads to the next eight; across them, the leading offset leads to the next 64 numbers and the stride to the next eight rows.
        private static uint Address(ulong descriptor, bool isAcross, int at, int k, uint size, string text)
        {
            uint start = (uint)(descriptor & 0x3FFF) << 4, leading = (uint)(descriptor >> 16 & 0x3FFF) << 4, stride = (uint)(descriptor >> 32 & 0x3FFF) << 4;
            var pitch = (descriptor >> 62) switch { 1 => 128u, 2 => 64u, _ => throw new NotSupportedException(text) };
            if (isAcross && pitch != 128 || start % 16 != 0 || start / pitch % 8 != 0) throw new NotSupportedException($"{text}: start {start}");
            var (i, j) = ((uint)at, (uint)k);
            var address = isAcross ? start + i / 64 * leading + j / 8 * stride + j % 8 * pitch + i % 64 * size : start + i / 8 * stride + i % 8 * pitch + j * size;
            return address ^ (address >> 7 & (pitch / 16 - 1)) << 4;
        }
    }
}
