using System.CommandLine;
using LpcEngine.Experiments.Completion;
using LpcEngine.Experiments.Data;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Commands;

/// <summary><c>train</c>: one run, as the command line has it.</summary>
internal static class TrainVerb
{
    /// <summary>The arguments' names.</summary>
    public const string DataSetName = "dataset", VariantName = "variant";

    public static void Fill(Command command)
    {
        var dataSet = new Argument<string>(DataSetName) { Description = $"{DataCatalogue.Names}", CompletionSources = { Offers.DataSets } };
        var variant = new Argument<string>(VariantName) { Description = string.Join(", ", Variants.All.Select(known => known.Name)), CompletionSources = { Offers.OneVariant } };
        var options = new TrainingOptions();
        command.Add(dataSet);
        command.Add(variant);
        foreach (var option in options.All) command.Add(option);
        command.SetAction(parsed => TrainCommand.Execute(options.Read(parsed, parsed.GetRequiredValue(dataSet), parsed.GetRequiredValue(variant))));
    }
}
