using System.CommandLine;
using System.CommandLine.Completions;
using System.Globalization;
using System.Numerics;
using LpcEngine.Engine;
using LpcEngine.Experiments.Completion;
using LpcEngine.Experiments.Training;

namespace LpcEngine.Experiments.Commands;

/// <summary>Options that several verbs have, and how options are read.</summary>
internal static class SharedOptions
{
    // More than any machine's cores; at tens of thousands the system refuses memory for their stacks in the middle of nowhere.
    private const int MostThreads = 1024;

    public static Option<string?> Device() => Text("--device", "auto, cpu, cuda[:i], opencl[:i] or emulator (default auto: cuda if there, else cpu)", Offers.Words(Devices.Kinds));

    public static Option<int?> Threads() => Number<int>("--threads", "threads of the cpu device (default: all cores); any number gives the same bits", 1, MostThreads);

    public static Option<string?> Precision() => Text("--precision", "fp32 (default), tf32 or bf16", Offers.Words(OptionWords.Precisions));

    public static Option<string?> DataDirectory() => Text("--data-dir", "where data sets lie (default: $LPC_DATA, else ./data)", Offers.Folders);

    public static Option<bool> Flag(string name, string description) => new(name) { Description = description };

    /// <summary>An option with a word, a name or a path, none of which is ever empty: an empty one comes from a variable that was not set.</summary>
    /// <param name="name">The option.</param>
    /// <param name="description">For the help text.</param>
    /// <param name="offer">What shells offer for its value; null for nothing.</param>
    public static Option<string?> Text(string name, string description, Func<CompletionContext, IEnumerable<CompletionItem>>? offer = null)
    {
        var option = new Option<string?>(name) { Description = description };
        if (offer is not null) option.CompletionSources.Add(offer);
        option.Validators.Add(result =>
        {
            if (result.Tokens.Any(token => string.IsNullOrWhiteSpace(token.Value))) result.AddError($"{name} \"\": must not be empty.");
        });
        return option;
    }

    /// <summary>An option with a number, written the same way in every language: a decimal point, nothing between thousands.</summary>
    /// <param name="name">The option.</param>
    /// <param name="description">For the help text.</param>
    /// <param name="least">The smallest that is accepted; null where whoever reads it decides.</param>
    /// <param name="most">The largest.</param>
    public static Option<T?> Number<T>(string name, string description, T? least = null, T? most = null) where T : struct, INumber<T>
    {
        var whole = typeof(T) != typeof(double);
        return new Option<T?>(name)
        {
            Description = description,
            CustomParser = result =>
            {
                if (result.Tokens.Count == 0) return null; // a missing value is reported as such
                var text = result.Tokens[^1].Value;
                var style = whole ? NumberStyles.AllowLeadingSign : NumberStyles.Float;
                if (!T.TryParse(text, style, CultureInfo.InvariantCulture, out var value))
                    result.AddError($"{name} {text}: must be a {(whole ? "whole number, such as 100, and not too large" : "number, such as 0.001")}.");
                else if (value < least || value > most)
                    result.AddError($"{name} {text}: must be {(most is null ? $"at least {least}" : $"from {least} to {most}")}.");
                else return value;
                return null;
            },
        };
    }
}
