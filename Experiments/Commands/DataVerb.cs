using System.CommandLine;
using LpcEngine.Engine;
using LpcEngine.Experiments.Completion;
using LpcEngine.Experiments.Data;
using LpcEngine.Experiments.Screen;

namespace LpcEngine.Experiments.Commands;

/// <summary><c>data list | get | check</c>: what is known, fetch it, verify it.</summary>
internal static class DataVerb
{
    public static Command Create()
    {
        var command = new Command("data", "What data sets are known, fetch one, verify one.");
        command.Add(List());
        command.Add(Get());
        command.Add(Check());
        return command;
    }

    private static Command List()
    {
        var directory = SharedOptions.DataDirectory();
        var command = new Command("list", "The data sets, and which of them are here.") { directory };
        command.SetAction(parsed =>
        {
            var options = new DataOptions { DataDirectory = parsed.GetValue(directory) };
            DataList.Print(DataList.Describe(options), options.ResolveDirectory(), Console.Out);
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command Get()
    {
        var name = new Argument<string>("dataset") { CompletionSources = { Offers.PublishedDataSets } };
        var directory = SharedOptions.DataDirectory();
        var command = new Command("get", "Fetches a data set, resuming what was cut off, and checks it.") { name, directory };
        command.SetAction(parsed =>
        {
            if (DataSets.IsOwn(parsed.GetRequiredValue(name))) throw new UserErrorException($"{parsed.GetRequiredValue(name)} is your own; there is nothing to fetch. 'data check' verifies it.");
            var info = DataCatalogue.Find(parsed.GetRequiredValue(name)) ?? throw DataCatalogue.Unknown(parsed.GetRequiredValue(name));
            if (info.IsSynthetic)
            {
                Console.Out.WriteLine($"{info.Name} is computed; there is nothing to fetch.");
                return ExitCodes.Done;
            }
            var options = new DataOptions { DataDirectory = parsed.GetValue(directory), Yes = true, Progress = Terminal.FetchProgress() };
            if (DataLocator.Find(info, options) is { } here)
            {
                if (here.Paths.FirstOrDefault(path => !File.Exists(path)) is { } lacking)
                    throw new UserErrorException($"{here.Source} is incomplete: {lacking} is missing. Complete or delete {here.Source}, then fetch again.");
                Console.Out.WriteLine($"{info.Name} is here already: {here.Source}. 'data check {info.Name}' verifies it.");
                return ExitCodes.Done;
            }
            Console.Out.WriteLine(string.Join('\n', DataFetch.Get(info, options, CancellationToken.None)));
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command Check()
    {
        var name = new Argument<string>("dataset") { CompletionSources = { Offers.DataSets } };
        var directory = SharedOptions.DataDirectory();
        var command = new Command("check", "Reads a data set whole: files, checksums, counts per class, image statistics.") { name, directory };
        command.SetAction(parsed =>
        {
            var report = DataCheck.Run(parsed.GetRequiredValue(name), new DataOptions { DataDirectory = parsed.GetValue(directory) });
            DataCheck.Print(report, Console.Out);
            if (report.Folder is { Unreadable: { Count: > 0 } unreadable })
                throw new UserErrorException($"{report.Data.Name}: {unreadable.Count} image files cannot be read, named above; replace or remove them.");
            return ExitCodes.Done;
        });
        return command;
    }
}
