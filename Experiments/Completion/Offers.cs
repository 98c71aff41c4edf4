using System.CommandLine.Completions;
using LpcEngine.Experiments.Data;
using LpcEngine.Models;
using Source = System.Func<System.CommandLine.Completions.CompletionContext, System.Collections.Generic.IEnumerable<System.CommandLine.Completions.CompletionItem>>;

namespace LpcEngine.Experiments.Completion;

/// <summary>
/// What a word of the command line may be, declared where the option or argument is that reads it (its <c>CompletionSources</c>). Each set comes from
/// the table that its reader looks in, so that what a shell offers can't differ from what is accepted.
/// </summary>
internal static class Offers
{
    /// <summary>Kind of an item that may stand in a list, with commas in between.</summary>
    public const string ListItem = "list item";

    /// <summary>Kind of an item after which a path follows, to a folder or to a file; the item itself is what stands before the path, often nothing.</summary>
    public const string Folder = "folder", File = "file";

    /// <summary>A folder's path. Paths are the shell's affair.</summary>
    public static Source Folders { get; } = _ => [new CompletionItem("", Folder)];

    /// <summary>A file's path, or a folder's where the verb takes either.</summary>
    public static Source Files { get; } = _ => [new CompletionItem("", File)];

    /// <summary>Data sets by name, and those of the user's own by their paths.</summary>
    public static Source DataSets { get; } = _ =>
    [
        .. Named(DataCatalogue.All),
        new CompletionItem(Data.DataSets.FolderPrefix, Folder, documentation: "images of your own, in train/<class>/ and test/<class>/"),
        new CompletionItem(Data.DataSets.TensorsPrefix, File, documentation: "images and labels of your own, as one .safetensors"),
    ];

    /// <summary>Data sets that are fetched.</summary>
    public static Source PublishedDataSets { get; } = _ => Named(DataCatalogue.All.Where(info => !info.IsSynthetic));

    /// <summary>One of the variants.</summary>
    public static Source OneVariant { get; } = _ => Variants.All.Select(variant => new CompletionItem(variant.Name, documentation: Meaning(variant)));

    /// <summary>Several of the variants.</summary>
    public static Source SomeVariants { get; } = _ => Variants.All.Select(variant => new CompletionItem(variant.Name, ListItem, documentation: Meaning(variant)));

    /// <summary>One of a few words.</summary>
    public static Source Words(params IEnumerable<string> words) => _ => words.Select(word => new CompletionItem(word));

    /// <summary>One of a few words that a line explains.</summary>
    public static Source Words(IEnumerable<(string Word, string Meaning)> words) => _ => words.Select(word => new CompletionItem(word.Word, documentation: word.Meaning));

    // Its layer and the terms of its loss, as the table of variants has them.
    private static string Meaning(Variant variant)
    {
        var layer = variant.Head switch
        {
            Head.None => "no penultimate layer",
            Head.Linear => $"{variant.Width.ToString().ToLowerInvariant()} linear penultimate layer",
            _ => $"{variant.Width.ToString().ToLowerInvariant()} non-linear penultimate layer",
        };
        string[] terms = [variant.Penalty ? "penalty" : "", variant.Contrastive ? "contrastive loss" : "", variant.Margin switch { Margin.Angular => "margin of angles", Margin.Cosine => "margin of cosines", _ => "" }];
        return string.Join(", ", terms.Where(term => term.Length > 0).Prepend(layer));
    }

    private static IEnumerable<CompletionItem> Named(IEnumerable<DataSetInfo> sets) => sets.Select(info => new CompletionItem(info.Name, documentation: info.Description));
}
