using System.Text.Json.Nodes;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Reports;

/// <summary>The tables of a group of runs, in the paper's layout: a row a variant, mean ± deviation over the seeds.</summary>
internal static class ReportTables
{
    private const string Predecessor = "Published values are those of the paper's predecessor of November 2024: other widths of the penultimate layer, 800 epochs, all images.";

    private sealed record Column(string Head, string Path, NumberFormat Format, bool OverBaseline = false, bool Least = false);

    /// <summary>The tables for which there is something to show.</summary>
    public static IEnumerable<ReportTable> Of(ReportGroup group)
    {
        yield return Measures(group, "geometry", "Table 1. Geometry of the latents, training set",
            "Σ_W: mean entry of the within-class covariance (the paper's scalar), and its trace in units of the mean squared norm, which no shrinking of the latents changes. "
            + "R: distance to the nearest other class centre over the distance to the own, mean over the samples. H: entropy per dimension after standardisation. " + Predecessor,
            new("Σ_W", "train:sigma_w_mean_entry", NumberFormat.Significant), new("tr Σ_W/‖z‖²", "train:sigma_w_relative", NumberFormat.Significant),
            new("R", "train:separation_ratio", NumberFormat.Significant), new("R ÷ NoPen", "train:separation_ratio", NumberFormat.Times, OverBaseline: true),
            new("CV of ‖z‖", "train:cv_norm", NumberFormat.Fixed), new("H", "train:entropy", NumberFormat.Fixed));
        yield return Measures(group, "robustness", "Table 2. Robustness and accuracy, test set",
            "DeepFool: norm of the smallest perturbation found that changes the prediction, relative to the image, in the input space of the network; mean and median over the attacked images. " + Predecessor,
            new("DeepFool", "test:deepfool_relative", NumberFormat.Significant), new("÷ NoPen", "test:deepfool_relative", NumberFormat.Times, OverBaseline: true),
            new("median", "test:deepfool_median", NumberFormat.Significant), new("÷ NoPen", "test:deepfool_median", NumberFormat.Times, OverBaseline: true),
            new("fooled %", "test:deepfool_fooled", NumberFormat.Percent), new("accuracy %", "test_accuracy", NumberFormat.Percent), new("top-5 %", "top5_accuracy", NumberFormat.Percent));
        yield return Models(group);
        yield return Measures(group, "binarity", "Table 4. Binarity of the latents, training set",
            "Two-component mixtures of each coordinate: log-likelihood per sample (one Gaussian scores −1.419) and distance of the peaks in units of their width; means over the coordinates, and the least coordinate of all seeds. "
            + "Published values are those of the paper's Table 4.",
            new("score", "train:binarity_score", NumberFormat.Fixed), new("least score", "train:binarity_score_min", NumberFormat.Fixed, Least: true),
            new("peaks distance", "train:peaks_distance", NumberFormat.Fixed), new("least distance", "train:peaks_distance_min", NumberFormat.Fixed, Least: true),
            new("CV of |z|", "train:cv_abs", NumberFormat.Fixed));
        yield return Measures(group, "neural-collapse", "Table 5. Neural collapse, training set",
            "Papyan, Han and Donoho's four properties (arXiv:2008.08186): NC1 per dimension, NC2 in three measures, NC3, NC4 as the share of samples whose nearest class mean is not the prediction.",
            new("NC1/d", "train:nc1_per_dim", NumberFormat.Significant), new("norms", "train:nc2_equinorm", NumberFormat.Significant),
            new("angles", "train:nc2_equiangularity", NumberFormat.Significant), new("largest angle", "train:nc2_max_angle", NumberFormat.Significant),
            new("NC3", "train:nc3", NumberFormat.Significant), new("NC4", "train:nc4_mismatch", NumberFormat.Significant));
        if (Attacks(group) is { } attacks) yield return attacks;
    }

    private static ReportTable? Attacks(ReportGroup group)
    {
        if (group.Rows.SelectMany(row => row.Runs).Select(run => (run.Summary["test"] as JsonObject)?["pgd"] as JsonObject).FirstOrDefault(pgd => pgd is not null) is not { } pgd) return null;
        var columns = new List<Column> { new("clean %", "test:pgd:clean_error", NumberFormat.Percent) };
        foreach (var (norm, name) in ((string, string)[])[("l2_strongest", "L2"), ("linf_strongest", "L∞")])
            columns.AddRange((pgd[norm] as JsonObject ?? []).Select(radius => new Column($"{name} {radius.Key} %", $"test:pgd:{norm}:{radius.Key}", NumberFormat.Percent)));
        columns.Add(new("within ½ DeepFool %", "test:masking:pgd_half_deepfool", NumberFormat.Percent));
        columns.Add(new("‖∇‖ per logit", "test:lipschitz_per_logit", NumberFormat.Significant));
        return Measures(group, "attacks", "Table 6. Projected gradient descent, test set",
            "Error within a radius (in pixel units) under the strongest of the searches; share of the attacked images that it fools within half of DeepFool's distance, which for a smooth network is next to none; "
            + "norm of the input gradient of the margin over the size of the logits. docs/robustness.md defines each.", [.. columns]);
    }

    private static ReportTable Measures(ReportGroup group, string id, string title, string note, params Column[] columns)
    {
        // A column that no run has would be all dashes.
        var there = columns.Where(column => group.Rows.Any(row => row.Measure(column.Path).Count > 0)).ToArray();
        var rows = group.Rows.Select(row => (IReadOnlyList<ReportCell>)[new(row.Variant.Title), .. there.Select(column => Cell(group, row, column))]);
        return new(id, title, note, ["model", .. there.Select(column => column.Head)], [.. rows]);
    }

    private static ReportCell Cell(ReportGroup group, ReportRow row, Column column)
    {
        var spread = column.Least ? row.Least(column.Path) : row.Measure(column.Path);
        if (column.OverBaseline)
        {
            var ratio = group.Baseline is { } baseline ? spread.Mean / baseline.Measure(column.Path).Mean : double.NaN;
            return new(double.IsFinite(ratio) ? column.Format.Text(ratio, double.NaN) : "–", Value: ratio, Count: double.IsFinite(ratio) ? spread.Count : 0);
        }
        var published = PublishedValues.Of(group.DataSet, row.Variant.Name, column.Path) is { } value ? column.Format.Text(value.Mean, value.Deviation) : "";
        return new(column.Format.Text(spread), published, spread.Mean, spread.Deviation, spread.Count);
    }

    private static ReportTable Models(ReportGroup group) => new(
        "models", "Table 3. Models and how they trained",
        "Convergence: the first evaluated epoch with a training accuracy above 99.9 %, over the seeds that reach it (their number in brackets where some do not); the epochs after it are the terminal phase of training.",
        ["model", "extra layer", "width", "loss", "rate", "seeds", "train %", "converged in epoch", "of", "seconds"],
        [.. group.Rows.Select(row => (IReadOnlyList<ReportCell>)
        [
            new(row.Variant.Title), new(Layer(row.Variant.Head)), new(Width(row)), new(Loss(row.Variant)), new(Rates(row)), new(row.Runs.Count.ToString(System.Globalization.CultureInfo.InvariantCulture)),
            Plain(row, "train_accuracy", NumberFormat.Percent), Convergence(row), Plain(row, "epochs", NumberFormat.Whole), Plain(row, "seconds", NumberFormat.Whole),
        ])]);

    private static ReportCell Plain(ReportRow row, string path, NumberFormat format)
    {
        var spread = row.Measure(path);
        return new(format.Text(path == "epochs" ? spread with { Deviation = double.NaN } : spread), "", spread.Mean, spread.Deviation, spread.Count);
    }

    private static ReportCell Convergence(ReportRow row)
    {
        var spread = row.Measure("convergence_epoch");
        var text = NumberFormat.Whole.Text(spread);
        return new(spread.Count == row.Runs.Count || spread.Count == 0 ? text : $"{text} ({spread.Count})", "", spread.Mean, spread.Deviation, spread.Count);
    }

    private static string Layer(Head head) => head switch { Head.None => "none", Head.Linear => "linear", _ => "linear, Swish" };

    private static string Width(ReportRow row) => row.Variant.Head == Head.None ? "–" : row.Runs[0].Config.Penultimate.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static string Loss(Variant variant)
    {
        var loss = variant.Margin switch { Margin.Angular => "ArcFace", Margin.Cosine => "CosFace", _ => "CE" };
        if (variant.Penalty) loss += " + γ·mean z²";
        return variant.Contrastive ? loss + " + SupCon" : loss;
    }

    private static string Rates(ReportRow row)
    {
        string[] rates = [.. row.Runs.Select(run => run.Config.Rate.Base).Distinct().Order().Select(rate => rate.ToString("0.######", System.Globalization.CultureInfo.InvariantCulture))];
        return rates.Length == 1 ? rates[0] : $"{rates[0]} to {rates[^1]}";
    }
}
