using System.Text;
using System.Text.RegularExpressions;

namespace LpcEngine.Engine;

/// <summary>Keeps the operands of inline assembly in registers.</summary>
/// <remarks>
/// ILGPU 1.5.3 passes what <c>CudaAsm</c> reads and writes through slots of the thread's local memory: each value is stored in its slot, loaded, used, and the results go back the same way.
/// NVIDIA's assembler turns such slots into registers, but not in kernels with asynchronous copies (<c>cp.async</c>): a matrix product then moves each fragment and each sum through
/// memory. So it is done here, in the text: a slot that is nothing but a place, whose address goes nowhere but into loads and stores of its size, becomes a register, and its accesses become moves.
/// All other slots stay what they are.
/// </remarks>
internal static partial class RegisterSlots
{
    /// <summary>The text with registers for slots.</summary>
    /// <param name="assembly">PTX of one kernel.</param>
    /// <returns>PTX that does the same.</returns>
    public static string Rewrite(string assembly)
    {
        var lines = assembly.Split('\n');
        var slots = Slots(lines);
        var result = new StringBuilder(assembly.Length);
        for (var i = 0; i < lines.Length; i++)
        {
            if (i > 0) result.Append('\n');
            result.Append(Rewrite(lines[i], slots));
        }
        return result.ToString();
    }

    private static string Rewrite(string line, Dictionary<string, Slot> slots)
    {
        if (Declaration().Match(line) is { Success: true } declared && slots.Values.FirstOrDefault(slot => slot.Name == declared.Groups["name"].Value) is { } declaredSlot)
            return $"\t.reg .b{8 * declaredSlot.Bytes} {declaredSlot.Register};";
        if (Address().Match(line) is { Success: true } address && slots.ContainsKey(address.Groups["address"].Value)) return "";
        if (Store().Match(line) is { Success: true } store && slots.TryGetValue(store.Groups["address"].Value, out var to))
            return $"\tmov.{store.Groups["type"].Value}\t{to.Register}, {store.Groups["value"].Value};";
        if (Load().Match(line) is { Success: true } load && slots.TryGetValue(load.Groups["address"].Value, out var from))
            return $"\tmov.{load.Groups["type"].Value}\t{load.Groups["value"].Value}, {from.Register};";
        return line;
    }

    // By the register that holds the address: slots all of whose mentions are understood.
    private static Dictionary<string, Slot> Slots(string[] lines)
    {
        var mentions = lines.SelectMany(line => Names().Matches(line)).GroupBy(match => match.Value).ToDictionary(group => group.Key, group => group.Count());
        var sizes = lines.Select(line => Declaration().Match(line)).Where(match => match.Success).ToLookup(match => match.Groups["name"].Value, match => int.Parse(match.Groups["bytes"].Value));
        var accesses = lines.Select(line => Store().Match(line) is { Success: true } store ? store : Load().Match(line)).Where(match => match.Success)
            .ToLookup(match => match.Groups["address"].Value, match => int.Parse(match.Groups["bits"].Value));
        var slots = new Dictionary<string, Slot>();
        foreach (var match in lines.Select(line => Address().Match(line)).Where(match => match.Success))
        {
            var (name, address) = (match.Groups["name"].Value, match.Groups["address"].Value);
            var simple = sizes[name].Count() == 1 && mentions[name] == 2                    // declared once, addressed once
                && accesses[address].All(bits => bits == 8 * sizes[name].Single())          // always read and written as a whole
                && mentions[address] == 1 + accesses[address].Count();                      // the register holds nothing else, and the address goes nowhere else
            if (simple) slots.Add(address, new(name, $"%slot{slots.Count}", sizes[name].Single()));
        }
        return slots;
    }

    private sealed record Slot(string Name, string Register, int Bytes);

    [GeneratedRegex(@"^\s*\.local\s+\.align\s+\d+\s+\.b8\s+(?<name>__local_depot\d+)\[(?<bytes>4|8)\];\s*$")]
    private static partial Regex Declaration();

    [GeneratedRegex(@"^\s*mov\.b64\s+(?<address>%rd\d+),\s*(?<name>__local_depot\d+);\s*$")]
    private static partial Regex Address();

    [GeneratedRegex(@"^\s*st\.local\.(?<type>[bfsu](?<bits>32|64))\s+\[(?<address>%rd\d+)\],\s*(?<value>[%\w.+-]+);\s*$")]
    private static partial Regex Store();

    [GeneratedRegex(@"^\s*ld\.local\.(?<type>[bfsu](?<bits>32|64))\s+(?<value>%\w+),\s*\[(?<address>%rd\d+)\];\s*$")]
    private static partial Regex Load();

    [GeneratedRegex(@"%rd\d+\b|__local_depot\d+\b")]
    private static partial Regex Names();
}
