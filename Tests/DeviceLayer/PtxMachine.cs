using System.Globalization;
using System.Text.RegularExpressions;

namespace LpcEngine.Tests.DeviceLayer;

/// <summary>Runs the assembly of one kernel, instruction by instruction: as much of PTX as ILGPU makes of kernels with little arithmetic of their own, with tensor cores and asynchronous copies.</summary>
/// <remarks>
/// Written from NVIDIA's description of the instructions, not from our kernels, and strict where a GPU would fault or give anything: addresses must be aligned and inside a tensor, shared memory starts as NaN,
/// a warp's collective instructions and a group's barriers must be met by all. Warps run ahead as far as they can, one after the other, and copies arrive as late as they may or at once:
/// what a missing wait or barrier allows to go wrong does.
/// </remarks>
internal sealed partial class PtxMachine
{
    private const ulong SharedBase = 1024, GlobalBase = 0x7000_0000_0000, GlobalSpacing = 1 << 24;
    private const int WarpSize = 32;

    private readonly List<Instruction> program = [];
    private readonly Dictionary<string, int> labels = [];
    private readonly Dictionary<string, int> registers = [];
    private readonly List<(string Name, int Bytes)> parameters = [];
    private readonly List<byte[]> memory = [];
    private readonly int sharedBytes;

    public PtxMachine(string assembly)
    {
        foreach (Match match in Parameter().Matches(assembly)) parameters.Add((match.Groups["name"].Value, match.Groups["bytes"].Success ? int.Parse(match.Groups["bytes"].Value) : int.Parse(match.Groups["bits"].Value) / 8));
        var body = Comment().Replace(assembly[(assembly.IndexOf('{') + 1)..assembly.LastIndexOf('}')], "");
        foreach (var statement in Statements(body))
        {
            if (statement.StartsWith(".shared", StringComparison.Ordinal)) sharedBytes = int.Parse(Size().Match(statement).Groups["bytes"].Value);
            else if (statement.EndsWith(':')) labels.Add(statement[..^1], program.Count);
            else if (!statement.StartsWith('.')) program.Add(Parse(statement));
        }
    }

    /// <summary>Whether asynchronous copies arrive when they are started, or only when they are waited for.</summary>
    public bool CopiesArriveAtOnce { get; init; }

    /// <summary>In how many turns shared memory answered the slowest load of fragments so far: 1 where all lanes that are served at once meet different banks.</summary>
    public int Turns { get; private set; }

    /// <summary>Puts bytes into global memory.</summary>
    /// <returns>Their address; everything around them is out of bounds.</returns>
    public ulong Place(byte[] bytes)
    {
        memory.Add(bytes);
        return GlobalBase + GlobalSpacing * (ulong)(memory.Count - 1);
    }

    /// <summary>Runs the kernel on a grid.</summary>
    /// <param name="groupsX">Groups along x.</param>
    /// <param name="groupsY">Groups along y.</param>
    /// <param name="threads">Threads of a group, whole warps.</param>
    /// <param name="arguments">The parameters' bytes.</param>
    public void Run(int groupsX, int groupsY, int threads, params byte[][] arguments)
    {
        if (arguments.Length != parameters.Count) throw new ArgumentException($"{arguments.Length} arguments for {parameters.Count} parameters");
        for (var i = 0; i < arguments.Length; i++)
            if (arguments[i].Length != parameters[i].Bytes) throw new ArgumentException($"parameter {parameters[i].Name} has {parameters[i].Bytes} bytes, not {arguments[i].Length}");
        for (var y = 0; y < groupsY; y++)
            for (var x = 0; x < groupsX; x++)
                new Group(this, x, y, threads, arguments).Run();
    }

    private static IEnumerable<string> Statements(string body)
    {
        foreach (var part in Separator().Split(body))
        {
            var statement = part.Trim().TrimStart('{', '}').Trim();
            // A label stands before its instruction.
            while (Label().Match(statement) is { Success: true } label)
            {
                yield return label.Groups["name"].Value + ":";
                statement = statement[label.Length..].Trim().TrimStart('{', '}').Trim();
            }
            if (statement.Length > 0) yield return statement;
        }
    }

    private Instruction Parse(string statement)
    {
        var match = Form().Match(statement);
        if (!match.Success) throw new NotSupportedException($"no instruction: {statement}");
        var guard = match.Groups["guard"].Success ? Register(match.Groups["guard"].Value) : -1;
        var operands = Operands().Matches(match.Groups["operands"].Value).Select(operand => operand.Value.Trim()).Where(operand => operand.Length > 0).ToArray();
        return new(match.Groups["opcode"].Value, operands, operands.Select(ParseOperand).ToArray(), guard, match.Groups["not"].Success, statement);
    }

    private Operand ParseOperand(string text)
    {
        if (text[0] == '{') return new() { Parts = text.Trim('{', '}').Split(',').Select(part => ParseOperand(part.Trim())).ToArray() };
        if (text[0] == '[')
        {
            var inner = text.Trim('[', ']').Split('+');
            return new() { Inner = [ParseOperand(inner[0].Trim())], Value = inner.Length > 1 ? ulong.Parse(inner[1]) : 0, Name = inner[0].Trim() };
        }
        if (text.StartsWith("0x", StringComparison.Ordinal)) return new() { Value = ulong.Parse(text[2..], NumberStyles.HexNumber) };
        if (text.StartsWith("0f", StringComparison.Ordinal)) return new() { Value = uint.Parse(text[2..], NumberStyles.HexNumber) };
        if (char.IsAsciiDigit(text[0]) || text[0] == '-') return new() { Value = unchecked((ulong)long.Parse(text)) };
        if (text == "tiles") return new() { Value = SharedBase };
        if (text[0] == '%' && text.Contains('.')) return new() { Name = text, IsSpecial = true };
        return new() { Register = Register(text), Name = text };
    }

    private int Register(string name)
    {
        if (!registers.TryGetValue(name, out var index)) registers.Add(name, index = registers.Count);
        return index;
    }

    private Span<byte> Global(ulong address, int bytes, string what)
    {
        if (address % (ulong)bytes != 0) throw new InvalidOperationException($"{what}: address {address:x} is no multiple of {bytes}");
        var (index, offset) = ((long)(address - GlobalBase) / (long)GlobalSpacing, (long)(address - GlobalBase) % (long)GlobalSpacing);
        if (address < GlobalBase || index >= memory.Count || offset + bytes > memory[(int)index].Length) throw new InvalidOperationException($"{what}: {bytes} bytes at {address:x} are outside of all tensors");
        return memory[(int)index].AsSpan((int)offset, bytes);
    }

    private sealed record Instruction(string Opcode, string[] Texts, Operand[] Operands, int Guard, bool Negated, string Text)
    {
        // Loads of shared memory are not, but their banks are a matter of all lanes that come to them together.
        public bool IsCollective => Opcode.StartsWith("mma", StringComparison.Ordinal) || Opcode.StartsWith("wgmma", StringComparison.Ordinal) || Opcode.StartsWith("ldmatrix", StringComparison.Ordinal) || Opcode == "ld.shared.b32";
    }

    private readonly struct Operand
    {
        public Operand() { }

        public int Register { get; init; } = -1;

        public ulong Value { get; init; }

        public string? Name { get; init; }

        public bool IsSpecial { get; init; }

        public Operand[]? Parts { get; init; }

        public Operand[]? Inner { get; init; }
    }

    private sealed class Thread(int index, int count)
    {
        public readonly int Index = index;
        public readonly ulong[] Registers = new ulong[count];
        public readonly Queue<List<Action>> Closed = [];
        public List<Action> Open = [];
        public int At;
        public bool Ended;

        /// <summary>Whether something that the thread has written to shared memory, itself or by a copy, has not been shown to a warpgroup's products.</summary>
        public bool HidesWrites;

        /// <summary>Of a warp's first lane: products that have been started.</summary>
        public readonly List<Action> Products = [];

        /// <summary>Of a warp's first lane: whether the registers of sums have been put in order with what came before.</summary>
        public bool IsFenced;
    }

    private sealed partial class Group(PtxMachine machine, int x, int y, int count, byte[][] arguments)
    {
        private readonly Thread[] threads = Enumerable.Range(0, count).Select(i => new Thread(i, machine.registers.Count)).ToArray();
        private readonly byte[] shared = NotANumber(machine.sharedBytes);

        public void Run()
        {
            while (threads.Any(thread => !thread.Ended))
            {
                foreach (var warp in threads.Chunk(WarpSize))
                    while (Advance(warp)) { }
                // Every warp stands at a barrier, or has ended.
                var waiting = threads.Where(thread => !thread.Ended).ToArray();
                if (waiting.Length == 0) break;
                if (waiting.Length < threads.Length || waiting.Any(thread => thread.At != waiting[0].At)) throw new InvalidOperationException("a barrier that not all threads come to");
                foreach (var thread in waiting) thread.At++;
            }
        }

        // Runs each lane to its next meeting; if that is one of the warp, has it.
        private bool Advance(Thread[] warp)
        {
            foreach (var lane in warp)
                while (!lane.Ended && !Meets(machine.program[lane.At])) Step(lane);
            if (warp.All(lane => lane.Ended)) return false;
            if (warp.Any(lane => lane.Ended || lane.At != warp[0].At))
            {
                // Reading shared memory needs no company.
                var reading = warp.Where(lane => !lane.Ended && machine.program[lane.At].Opcode == "ld.shared.b32").ToArray();
                if (reading.Length == 0) throw new InvalidOperationException("lanes of a warp wait at different places");
                foreach (var lane in reading) LoadWords([lane], machine.program[lane.At++]);
                return true;
            }
            var instruction = machine.program[warp[0].At];
            if (!instruction.IsCollective) return false;
            if (instruction.Opcode[0] == 'w') Warpgroup(warp, instruction);
            else if (instruction.Opcode[0] == 'm') Multiply(warp, instruction);
            else if (instruction.Opcode == "ld.shared.b32") LoadWords(warp, instruction);
            else LoadMatrices(warp, instruction);
            foreach (var lane in warp) lane.At++;
            return true;
        }

        private static bool Meets(Instruction instruction) => instruction.IsCollective || instruction.Opcode == "bar.sync";

        private void Step(Thread thread)
        {
            var instruction = machine.program[thread.At++];
            if (instruction.Guard >= 0 && (thread.Registers[instruction.Guard] != 0) == instruction.Negated) return;
            var o = instruction.Operands;
            switch (instruction.Opcode)
            {
                case "bra" or "bra.uni": thread.At = machine.labels[instruction.Texts[0]]; return;
                case "ret": thread.Ended = true; return;
                case "cp.async.commit_group": thread.Closed.Enqueue(thread.Open); thread.Open = []; return;
                case "fence.proxy.async.shared::cta": thread.HidesWrites = false; return;
                case "cp.async.wait_group": while ((ulong)thread.Closed.Count > o[0].Value) thread.Closed.Dequeue().ForEach(static copy => copy()); return;
                case "cp.async.cg.shared.global": Copy(thread, instruction); return;
                case "ld.param.b32": Set(thread, o[0], BitConverter.ToUInt32(Argument(o[1]), (int)o[1].Value)); return;
                case "ld.param.b64": Set(thread, o[0], BitConverter.ToUInt64(Argument(o[1]), (int)o[1].Value)); return;
                case "st.shared.v4.b32":
                    for (var i = 0; i < 4; i++) BitConverter.TryWriteBytes(Shared((uint)Get(thread, o[0].Inner![0]), 16, instruction.Text)[(4 * i)..], (uint)Get(thread, o[1].Parts![i]));
                    thread.HidesWrites = true;
                    return;
                case "st.shared.b32": BitConverter.TryWriteBytes(Shared((uint)Get(thread, o[0].Inner![0]), 4, instruction.Text), (uint)Get(thread, o[1])); return;
                case "st.global.f32": BitConverter.TryWriteBytes(machine.Global(Get(thread, o[0].Inner![0]) + o[0].Value, 4, instruction.Text), (uint)Get(thread, o[1])); return;
                case "ld.global.v4.f32" or "ld.global.v4.b32":
                    var from = machine.Global(Get(thread, o[1].Inner![0]) + o[1].Value, 16, instruction.Text);
                    for (var i = 0; i < 4; i++) Set(thread, o[0].Parts![i], BitConverter.ToUInt32(from[(4 * i)..]));
                    return;
                case "st.global.v4.f32" or "st.global.v4.b32" or "st.global.v2.f32":
                    var to = machine.Global(Get(thread, o[0].Inner![0]) + o[0].Value, 4 * o[1].Parts!.Length, instruction.Text);
                    for (var i = 0; i < o[1].Parts!.Length; i++) BitConverter.TryWriteBytes(to[(4 * i)..], (uint)Get(thread, o[1].Parts![i]));
                    return;
            }
            var (a, b, c) = (Get(thread, o[1]), o.Length > 2 ? Get(thread, o[2]) : 0, o.Length > 3 ? Get(thread, o[3]) : 0);
            unchecked
            {
                Set(thread, o[0], instruction.Opcode switch
                {
                    "mov.b32" or "mov.f32" or "mov.u32" => (uint)a,
                    "mov.b64" or "cvta.to.global.u64" => a,
                    "cvt.u64.u32" => (uint)a,
                    "or.b64" => a | b,
                    "add.s32" or "add.u32" => (uint)a + (uint)b & 0xFFFFFFFF,
                    "sub.s32" => (uint)((uint)a - (uint)b),
                    "mul.lo.s32" => (uint)((uint)a * (uint)b),
                    "div.s32" => (uint)((int)a / (int)b),
                    "rem.s32" => (uint)((int)a % (int)b),
                    "min.s32" => (uint)Math.Min((int)a, (int)b),
                    "add.f32" => Bits(Float(a) + Float(b)),
                    "sub.f32" => Bits(Float(a) - Float(b)),
                    "mul.f32" => Bits(Float(a) * Float(b)),
                    "div.rn.f32" => Bits(Float(a) / Float(b)),
                    "rcp.rn.f32" => Bits(1 / Float(a)),
                    "cvt.rn.f32.s32" => Bits((int)a),
                    "mul.wide.u32" => (ulong)(uint)a * (uint)b,
                    "add.u64" or "add.s64" => a + b,
                    "shl.b64" => b > 63 ? 0 : a << (int)b,
                    "shl.b32" => (uint)b > 31 ? 0 : (uint)((uint)a << (int)b),
                    "shr.s32" => (uint)((int)a >> (int)Math.Min((uint)b, 31)),
                    "shr.u32" => (uint)b > 31 ? 0 : (uint)a >> (int)b,
                    "and.b32" => (uint)(a & b),
                    "or.b32" => (uint)(a | b),
                    "xor.b32" => (uint)(a ^ b),
                    "and.pred" => a & b,
                    "selp.b32" => (uint)(c != 0 ? a : b),
                    "selp.b64" => c != 0 ? a : b,
                    "cvt.s64.s32" => (ulong)(int)a,
                    "cvt.rna.tf32.f32" => RoundedToTf32((uint)a),
                    "setp.lt.s32" => Flag((int)a < (int)b),
                    "setp.ge.s32" => Flag((int)a >= (int)b),
                    "setp.gt.s32" => Flag((int)a > (int)b),
                    "setp.le.s32" => Flag((int)a <= (int)b),
                    "setp.lo.u32" => Flag((uint)a < (uint)b),
                    "setp.hi.u32" => Flag((uint)a > (uint)b),
                    "setp.ls.u32" => Flag((uint)a <= (uint)b),
                    "setp.hs.u32" => Flag((uint)a >= (uint)b),
                    "setp.eq.u32" or "setp.eq.s32" => Flag((uint)a == (uint)b),
                    "setp.ne.u32" or "setp.ne.s32" => Flag((uint)a != (uint)b),
                    _ => throw new NotSupportedException(instruction.Text),
                });
            }
        }

        // Bytes beyond the last operand are zero; a copy of none reads nothing.
        private void Copy(Thread thread, Instruction instruction)
        {
            var (to, from, bytes) = ((uint)Get(thread, instruction.Operands[0].Inner![0]), Get(thread, instruction.Operands[1].Inner![0]), (int)Get(thread, instruction.Operands[3]));
            if (from % 16 != 0) throw new InvalidOperationException($"{instruction.Text}: source {from:x} is no multiple of 16");
            Shared(to, 16, instruction.Text);
            if (bytes is not (0 or 16)) throw new NotSupportedException(instruction.Text);
            var source = bytes == 0 ? new byte[16] : machine.Global(from, 16, instruction.Text).ToArray();
            var copy = () =>
            {
                source.CopyTo(Shared(to, 16, instruction.Text));
                thread.HidesWrites = true;
            };
            if (machine.CopiesArriveAtOnce) copy();
            else thread.Open.Add(copy);
        }

        private void LoadWords(Thread[] warp, Instruction instruction)
        {
            CountTurns(warp.Select(lane => (uint)Get(lane, instruction.Operands[1].Inner![0])));
            foreach (var lane in warp) Set(lane, instruction.Operands[0], BitConverter.ToUInt32(Shared((uint)Get(lane, instruction.Operands[1].Inner![0]), 4, instruction.Text)));
        }

        // A bank holds every 32nd word; different words of one bank take a turn each.
        private void CountTurns(IEnumerable<uint> addresses) =>
            machine.Turns = Math.Max(machine.Turns, addresses.Select(address => address / 4).Distinct().GroupBy(word => word % 32).Max(static bank => bank.Count()));

        // Lane l gives row l mod 8 of matrix l/8. The four matrices are read one after the other, eight rows of four words at once.
        private void LoadMatrices(Thread[] warp, Instruction instruction)
        {
            foreach (var matrix in warp.Chunk(8)) CountTurns(matrix.SelectMany(lane => Enumerable.Range(0, 4).Select(word => (uint)Get(lane, instruction.Operands[1].Inner![0]) + 4 * (uint)word)));
            var rows = warp.Select(lane => Shared((uint)Get(lane, instruction.Operands[1].Inner![0]), 16, instruction.Text).ToArray()).ToArray();
            var isTransposed = instruction.Opcode.Contains(".trans", StringComparison.Ordinal);
            for (var lane = 0; lane < WarpSize; lane++)
                for (var matrix = 0; matrix < 4; matrix++)
                    Set(warp[lane], instruction.Operands[0].Parts![matrix], isTransposed
                        ? BitConverter.ToUInt16(rows[8 * matrix + 2 * (lane % 4)], lane / 4 * 2) | (uint)BitConverter.ToUInt16(rows[8 * matrix + 2 * (lane % 4) + 1], lane / 4 * 2) << 16
                        : BitConverter.ToUInt32(rows[8 * matrix + lane / 4], 4 * (lane % 4)));
        }

        private Span<byte> Shared(uint address, int bytes, string what)
        {
            if (address % bytes != 0) throw new InvalidOperationException($"{what}: shared address {address} is no multiple of {bytes}");
            if (address < SharedBase || address + bytes > (int)SharedBase + shared.Length) throw new InvalidOperationException($"{what}: shared address {address} is outside");
            return shared.AsSpan((int)(address - SharedBase), bytes);
        }

        private byte[] Argument(Operand operand) => arguments[machine.parameters.FindIndex(parameter => parameter.Name == operand.Name)];

        private ulong Get(Thread thread, Operand operand) => operand switch
        {
            { IsSpecial: true } => (ulong)(operand.Name switch { "%tid.x" => thread.Index, "%ctaid.x" => x, "%ctaid.y" => y, "%ntid.x" => threads.Length, var other => throw new NotSupportedException(other) }),
            { Register: >= 0 } => thread.Registers[operand.Register],
            _ => operand.Value,
        };

        private static void Set(Thread thread, Operand operand, ulong value) => thread.Registers[operand.Register] = value;

        private static float Float(ulong bits) => BitConverter.UInt32BitsToSingle((uint)bits);

        private static ulong Bits(float value) => BitConverter.SingleToUInt32Bits(value);

        private static ulong Flag(bool value) => value ? 1ul : 0;

        // To nearest, ties away from zero; infinities stay, and there is one NaN.
        private static ulong RoundedToTf32(uint bits) => (bits & 0x7FFFFFFF) > 0x7F800000 ? 0x7FFFFFFF : (bits & 0x7FFFFFFF) == 0x7F800000 ? bits : bits + 0x1000 & 0xFFFFE000;

        private static byte[] NotANumber(int bytes)
        {
            var poison = new byte[bytes];
            for (var i = 0; i < bytes; i += 2) (poison[i], poison[i + 1]) = (0xC0, 0x7F);
            return poison;
        }
    }

    [GeneratedRegex(@"\.param\s+(?:\.align\s+\d+\s+\.b8\s+(?<name>\w+)\[(?<bytes>\d+)\]|\.[bsuf](?<bits>\d+)\s+(?<name>\w+))")]
    private static partial Regex Parameter();

    [GeneratedRegex(@"//[^\n]*")]
    private static partial Regex Comment();

    [GeneratedRegex(@";")]
    private static partial Regex Separator();

    [GeneratedRegex(@"\[(?<bytes>\d+)\]")]
    private static partial Regex Size();

    [GeneratedRegex(@"^(?<name>[A-Za-z_$][\w$]*):")]
    private static partial Regex Label();

    [GeneratedRegex(@"^(?:@(?<not>!)?(?<guard>%p\d+)\s+)?(?<opcode>[a-z][\w.:]*)\s*(?<operands>.*)$", RegexOptions.Singleline)]
    private static partial Regex Form();

    [GeneratedRegex(@"\{[^}]*\}|\[[^\]]*\]|[^,\s]+")]
    private static partial Regex Operands();
}
