using System.Globalization;
using System.Text.Json.Nodes;

namespace LpcEngine.Benchmarks.Acceptance;

/// <summary>How something that was to be checked or measured ended.</summary>
internal enum Verdict
{
    /// <summary>A check that holds.</summary>
    Pass,

    /// <summary>A check that does not hold, or something that could not be done to its end.</summary>
    Fail,

    /// <summary>Numbers without a judgement.</summary>
    Measured,

    /// <summary>It was not tried, or there was no time to end it; the note says why.</summary>
    NotRun,
}

/// <summary>What came out of one check or measurement.</summary>
/// <param name="Verdict">How it ended.</param>
/// <param name="Summary">The numbers as the table shows them, or the reason why there are none.</param>
internal sealed record Outcome(Verdict Verdict, string Summary)
{
    /// <summary>The numbers by name, for JSON.</summary>
    public JsonObject Numbers { get; init; } = [];

    /// <summary>What was hoped for; null where nothing was.</summary>
    public string? Goal { get; init; }

    /// <summary>Something that was not tried.</summary>
    /// <param name="reason">Why not.</param>
    public static Outcome NotRun(string reason) => new(Verdict.NotRun, reason);

    /// <summary>Something that ended with an exception.</summary>
    /// <param name="problem">The exception.</param>
    public static Outcome Failed(Exception problem) => new(Verdict.Fail, $"{problem.GetType().Name}: {problem.Message.ReplaceLineEndings(" ")}");
}

/// <summary>One row of the table.</summary>
/// <param name="Part">The part of the acceptance.</param>
/// <param name="Item">What was checked or measured.</param>
/// <param name="Precision">fp32, tf32 or bf16; null where it plays no role.</param>
/// <param name="Outcome">What came out.</param>
/// <param name="Seconds">How long it took.</param>
internal sealed record AcceptanceResult(string Part, string Item, string? Precision, Outcome Outcome, double Seconds)
{
    /// <summary>The verdict's word in JSON.</summary>
    public string Word => Outcome.Verdict switch { Verdict.Pass => "pass", Verdict.Fail => "fail", Verdict.Measured => "measured", _ => "not run" };

    /// <summary>The row as JSON.</summary>
    public JsonObject ToJson() => new()
    {
        ["part"] = Part,
        ["item"] = Item,
        ["precision"] = Precision,
        ["result"] = Word,
        ["summary"] = Outcome.Summary,
        ["goal"] = Outcome.Goal,
        ["seconds"] = Math.Round(Seconds, 3),
        ["numbers"] = Outcome.Numbers.DeepClone(),
    };

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <param name="json">The row.</param>
    public static AcceptanceResult Parse(JsonNode json) => new((string)json["part"]!, (string)json["item"]!, (string?)json["precision"],
        new((string?)json["result"] switch { "pass" => Verdict.Pass, "fail" => Verdict.Fail, "measured" => Verdict.Measured, _ => Verdict.NotRun }, (string)json["summary"]!)
        {
            Goal = (string?)json["goal"], Numbers = json["numbers"]!.DeepClone().AsObject(),
        }, (double)json["seconds"]!);

    /// <summary>A line of progress.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Part}: {Item}{(Precision is null ? "" : " ")}{Precision}: {Word}, {Outcome.Summary} ({Seconds:n1} s)");
}
