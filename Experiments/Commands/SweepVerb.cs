using System.CommandLine;
using LpcEngine.Engine;
using LpcEngine.Experiments.Completion;
using LpcEngine.Experiments.Data;
using LpcEngine.Experiments.Sweeps;
using LpcEngine.Experiments.Training;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Commands;

/// <summary><c>sweep</c>: the grid of the paper, or another.</summary>
internal static class SweepVerb
{
    private const int MostJobs = 256;

    public static Command Create()
    {
        var dataSet = new Argument<string>(TrainVerb.DataSetName) { Description = $"{DataCatalogue.Names}", CompletionSources = { Offers.DataSets } };
        var variants = SharedOptions.Text("--variants", $"which, between commas (default: {string.Join(",", Variants.All.Select(known => known.Name))})", Offers.SomeVariants);
        var rates = SharedOptions.Text("--lrs", $"base learning rates, between commas (default: {PerPreset(preset => string.Join(",", preset.SweepRates.Select(SweepCell.RateText)))})");
        var gammas = SharedOptions.Text("--gammas", "where gamma stops growing, between commas, for the variants with a penalty: how much depends on it (default: as in a single run)");
        var seeds = SharedOptions.Text("--seeds", $"how many, from 1, or which, between commas; '7,' is the seed 7 alone (default: {PerPreset(preset => $"{preset.SweepSeeds}")})");
        var jobs = SharedOptions.Number<int>("--jobs", "runs at the same time (default 1); each has its share of the cores unless --threads says otherwise", 1, MostJobs);
        var status = SharedOptions.Flag("--status", "show where each run stands, on this machine and in Slurm's queue, and start nothing");
        var slurm = new SlurmArguments();
        var select = SharedOptions.Text("--select", "by which accuracy the rate is chosen, for each variant and seed: test (as in the paper, the default) or validation (needs --validation-size)", Offers.Words(OptionWords.Selections));
        var root = SharedOptions.Text("--out", $"where the run folders go, as <dataset>/<variant>/<name> (default {RunName.DefaultRoot})", Offers.Folders);
        var json = SharedOptions.Flag("--json", "the result as JSON on the last line");
        var training = new TrainingOptions();
        var command = new Command("sweep", "Trains variants × learning rates × seeds, each in a run folder, and prints a table over the seeds. The same command again goes on with what is "
            + "unfinished. All options of training but --lr, --seed and --out hold for every run.") { dataSet, variants, rates, gammas, seeds, select, jobs, root, json, status };
        foreach (var option in slurm.All) command.Add(option);
        foreach (var option in training.OfSweep) command.Add(option);
        command.SetAction(parsed =>
        {
            // Whichever comes first on the command line, a mistake in a list is found before anything is loaded.
            var options = new SweepOptions(training.Read(parsed, parsed.GetRequiredValue(dataSet), ""), training.ForEachRun(parsed))
            {
                Variants = SweepLists.ParseVariants(parsed.GetValue(variants)),
                Rates = SweepLists.ParseRates(parsed.GetValue(rates)),
                Gammas = Alone(SweepLists.ParseGammas(parsed.GetValue(gammas)), training.Read(parsed, parsed.GetRequiredValue(dataSet), "").GammaMax),
                Seeds = SweepLists.ParseSeeds(parsed.GetValue(seeds)),
                Selection = Selections.Parse(parsed.GetValue(select)),
                Jobs = parsed.GetValue(jobs) ?? 1,
                Root = parsed.GetValue(root) ?? RunName.DefaultRoot,
                Json = parsed.GetValue(json),
                Status = parsed.GetValue(status),
                Slurm = slurm.Read(parsed, training.Read(parsed, parsed.GetRequiredValue(dataSet), ""), parsed.GetValue(jobs)),
            };
            return SweepCommand.Execute(options);
        });
        return command;
    }

    private static IReadOnlyList<double>? Alone(IReadOnlyList<double>? gammas, double? one) => gammas is null || one is null
        ? gammas : throw new UserErrorException("--gammas and --gamma-max both say where gamma stops. Give one of them.");

    private static string PerPreset(Func<Preset, string> value) => string.Join("; ", Preset.All.Select(preset => $"{preset.Name} {value(preset)}"));
}
