using System.CommandLine;
using LpcEngine.Experiments.Robustness;

namespace LpcEngine.Experiments.Commands;

/// <summary>The options of attacks within a distance, for all verbs that measure a network.</summary>
/// <param name="usual">How many images are attacked when nothing is said, in words.</param>
internal sealed class PgdArguments(string usual)
{
    /// <summary>Name of the option that says how many images.</summary>
    public const string ImagesName = "--pgd-images";

    private readonly Option<int?> images = SharedOptions.Number<int>(ImagesName,
        $"test images for PGD, noise, input gradients and the check for masked gradients; 0 for none (default: {usual})", 0);
    private readonly Option<int?> steps = SharedOptions.Number<int>("--pgd-steps", $"PGD's steps at each radius (default {PgdPlan.DefaultSteps})", 1, 100_000);
    private readonly Option<int?> restarts = SharedOptions.Number<int>("--pgd-restarts", $"its random starts at each radius (default {PgdPlan.DefaultRestarts})", 1, 1000);
    private readonly Option<IReadOnlyList<Radius>?> l2 = Radii("--pgd-l2", "its Euclidean radii in pixels from 0 to 1", PgdPlan.DefaultL2);
    private readonly Option<IReadOnlyList<Radius>?> linf = Radii("--pgd-linf", "its radii of the largest change of a pixel", PgdPlan.DefaultLinf);

    /// <summary>All of them, in the order of the help text.</summary>
    public IReadOnlyList<Option> All => [images, steps, restarts, l2, linf];

    /// <summary>What a command line says.</summary>
    public PgdOptions Read(ParseResult parsed) => new()
    {
        Images = parsed.GetValue(images), Steps = parsed.GetValue(steps), Restarts = parsed.GetValue(restarts), L2 = parsed.GetValue(l2), Linf = parsed.GetValue(linf),
    };

    private static Option<IReadOnlyList<Radius>?> Radii(string name, string description, string usual) => new(name)
    {
        Description = $"{description}, such as {usual} (the default)",
        CustomParser = result =>
        {
            if (result.Tokens.Count == 0) return null; // a missing value is reported as such
            var text = result.Tokens[^1].Value;
            if (Radius.ParseList(text) is { } radii) return radii;
            result.AddError($"{name} {text}: must be numbers above 0 or fractions, each once, with commas in between, such as {usual}.");
            return null;
        },
    };
}
