using System.Text.RegularExpressions;

namespace LpcEngine.Tests.DeviceLayer;

/// <summary>Looks in NVIDIA's assembly for branches that claim to go one way for all threads of a warp although their condition depends on the thread.</summary>
/// <remarks>Conditions that come from parameters, constants and the group's place in the grid may well be marked so; what comes from the thread's index, by whatever computation, may not.</remarks>
internal static partial class UniformBranches
{
    private const string Label = @"^\w+:$";

    /// <summary>The lines that claim too much.</summary>
    public static List<string> Wrong(string assembly)
    {
        // What each value is computed from. A value is a register as some line wrote it; where a label lies between, it is the register itself, written by whichever line.
        // (Without that difference the registers that ILGPU uses again for addresses would link everything with everything.)
        var sources = new Dictionary<string, HashSet<string>>();
        var latest = new Dictionary<string, string>();
        var claims = new List<(string Line, string Condition)>();
        var number = 0;
        foreach (var line in assembly.Split('\n').Select(line => line.Trim()))
        {
            number++;
            if (Regex.IsMatch(line, Label)) latest.Clear();
            var predicate = Predicate().Match(line).Value;
            if (predicate.Length > 0 && line.Contains("bra.uni")) claims.Add((line, Value(predicate.TrimStart('@', '!'))));
            var instruction = line[predicate.Length..].TrimStart();
            if (!Writes().IsMatch(instruction)) continue;
            var operands = instruction[instruction.IndexOfAny([' ', '\t'])..];
            var several = operands.TrimStart().StartsWith('{');
            var end = operands.IndexOf(several ? '}' : ',');
            if (end < 0) continue;
            var read = Register().Matches(predicate + operands[end..]).Select(match => Value(match.Value)).ToHashSet();
            foreach (var written in Register().Matches(operands[..end]).Select(match => match.Value))
            {
                var value = $"{written}@{number}";
                sources[value] = read;
                if (!sources.TryGetValue(written, out var values)) sources[written] = values = [];
                values.Add(value);
                latest[written] = value;
            }
        }
        return claims.Where(claim => DependsOnThread(claim.Condition, sources)).Select(claim => claim.Line).ToList();

        string Value(string register) => latest.GetValueOrDefault(register, register);
    }

    private static bool DependsOnThread(string value, Dictionary<string, HashSet<string>> sources)
    {
        var seen = new HashSet<string> { value };
        var open = new Stack<string>(seen);
        while (open.TryPop(out var next))
        {
            if (next.StartsWith("%tid") || next.StartsWith("%laneid")) return true;
            foreach (var source in sources.GetValueOrDefault(next) ?? [])
                if (seen.Add(source)) open.Push(source);
        }
        return false;
    }

    [GeneratedRegex(@"%[a-z]+[\d.]*[xyz]?")]
    private static partial Regex Register();

    [GeneratedRegex(@"^@!?%p\d+")]
    private static partial Regex Predicate();

    // Instructions with a result; stores, branches, barriers and declarations have none.
    [GeneratedRegex(@"^(?!st\.|bra|bar|ret|exit|\.)[a-z][\w.]*\s+[%{]")]
    private static partial Regex Writes();
}
