using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using LpcEngine.Experiments.Data;
using LpcEngine.Experiments.Metrics;
using LpcEngine.Experiments.Reports;
using LpcEngine.Experiments.Sweeps;
using LpcEngine.Experiments.Training;
using LpcEngine.Models;
using LpcEngine.Tests.Experiments;

namespace LpcEngine.Tests.Reports;

/// <summary>The verb report on made-up run folders, whose numbers are known.</summary>
internal sealed partial class ReportTests
{
    [Test]
    public void Values_are_means_over_seeds_and_sample_deviations()
    {
        using var folder = new TemporaryFolder();
        foreach (var (seed, ratio) in ((long, double)[])[(1, 10), (2, 14), (3, 18)]) MakeRun(folder, "lpc-narrow", seed, 1e-3, 0.9, ratio);
        MakeRun(folder, "nopen", 1, 1e-3, 0.8, 2);
        var table = Table(Collect(folder), "geometry");
        Assert.That(table.Columns, Is.EqualTo(new[] { "model", "R", "R ÷ NoPen" }), "columns that no run has are left out");
        Assert.That(table.Rows.Select(row => row[0].Text), Is.EqualTo(new[] { "LPC-Narrow", "NoPen" }), "in the paper's order");
        Assert.That(table.Rows[0][1], Is.EqualTo(new ReportCell("14.0 ± 4.0", "", 14, 4, 3)));
        Assert.That(table.Rows[0][2].Text, Is.EqualTo("7.0"));
        Assert.That(table.Rows[1][1].Text, Is.EqualTo("2.00"), "one seed has no deviation");
    }

    [Test]
    public void Each_seed_has_the_rate_with_the_best_accuracy([Values("test", "validation")] string select)
    {
        using var folder = new TemporaryFolder();
        MakeRun(folder, "lpc", 1, 1e-4, test: 0.90, ratio: 5, validation: 0.80);
        MakeRun(folder, "lpc", 1, 2e-4, test: 0.91, ratio: 6, validation: 0.79);
        MakeRun(folder, "lpc", 2, 1e-4, test: 0.92, ratio: 7, validation: 0.81);
        MakeRun(folder, "lpc", 2, 2e-4, test: 0.92, ratio: 8, validation: 0.82);
        var collection = ReportCollection.Of(folder.Path, select == "test" ? Selection.Test : Selection.Validation);
        var ratios = collection.Groups.Single().Rows.Single().Runs.Select(run => run.Measure("train:separation_ratio"));
        Assert.That(ratios, Is.EqualTo(select == "test" ? new double?[] { 6, 7 } : [5, 8]), "of equals the smaller rate");
    }

    [Test]
    public void Runs_of_different_protocols_are_not_averaged()
    {
        using var folder = new TemporaryFolder();
        MakeRun(folder, "lpc", 1, 1e-3, 0.9, 5);
        MakeRun(folder, "lpc", 2, 1e-3, 0.9, 7, epochs: 20);
        MakeRun(folder, "lpc", 3, 1e-3, 0.9, 9, dataSet: "cifar100");
        MakeRun(folder, "lpc", 1, 1e-3, 0.99, 9, change: options => options with { WeightDecay = 0.5 });
        MakeRun(folder, "lpc", 1, 1e-3, 0.99, 9, change: options => options with { Penultimate = 3 });
        MakeRun(folder, "lpc", 1, 2e-3, 0.99, 9, change: options => options with { RateHold = 1 });
        MakeRun(folder, "arcface", 1, 1e-3, 0.9, 5);
        MakeRun(folder, "arcface", 1, 1e-3, 0.9, 5, change: options => options with { ScaleMax = 20 });
        var groups = Collect(folder).Groups;
        Assert.That(groups, Has.Count.EqualTo(7));
        Assert.That(groups.Count(group => group.Rows.Count == 2), Is.EqualTo(1), "lpc and arcface as usual belong together, though their widths and margins differ");
        Assert.That(groups.Select(group => group.DataSet + group.Protocol), Is.Unique, "each says what sets it apart");
        Assert.That(string.Join('\n', groups.Select(group => group.Protocol)), Does.Contain("--weight-decay 0.5").And.Contain("--penultimate 3").And.Contain("--lr-hold 1").And.Contain("--scale-max 20"));
    }

    [Test]
    public void The_least_values_of_Table_4_are_over_the_seeds_too()
    {
        using var folder = new TemporaryFolder();
        foreach (var (seed, least) in ((long, double)[])[(1, 3), (2, 1), (3, 2)]) MakeRun(folder, "lpc", seed, 1e-3, 0.9, 5, more: train => train["peaks_distance_min"] = least);
        var table = Table(Collect(folder), "binarity");
        Assert.That(table.Rows.Single()[1], Is.EqualTo(new ReportCell("1.000", "11.468", 1, double.NaN, 3)));
    }

    [Test]
    public void Attacks_have_a_column_for_each_radius()
    {
        using var folder = new TemporaryFolder();
        Change(MakeRun(folder, "lpc", 1, 1e-3, 0.9, 5), "summary.json", summary => summary["test"]!["pgd"] = new JsonObject
        {
            ["clean_error"] = 0.1, ["l2_strongest"] = new JsonObject { ["0.25"] = 0.5 }, ["linf_strongest"] = new JsonObject { ["1/255"] = 0.6 },
        });
        var table = Table(Collect(folder), "attacks");
        Assert.That(table.Columns, Is.EqualTo(new[] { "model", "clean %", "L2 0.25 %", "L∞ 1/255 %" }));
        Assert.That(table.Rows.Single().Select(cell => cell.Text), Is.EqualTo(new[] { "LPC", "10.00", "50.00", "60.00" }));
    }

    [Test]
    public void Published_values_stand_beside_ours()
    {
        using var folder = new TemporaryFolder();
        MakeRun(folder, "linpen", 1, 1e-3, 0.9, 5, dataSet: "cifar100", more: train => train["binarity_score"] = -1.25);
        var table = Table(Collect(folder), "binarity");
        Assert.That(table.Rows.Single()[1], Is.EqualTo(new ReportCell("-1.250", "-1.420 ± 0.000", -1.25, double.NaN, 1)));
        Assert.That(PublishedValues.Of("cifar10", "lpc", "test_accuracy")!.Value.Mean, Is.EqualTo(0.9486).Within(1e-12), "a fraction, as ours");
        // The paper's relation between score and distance holds for its own table (two equal peaks): a mistyped digit would break it.
        foreach (var variant in (string[])["lpc", "lpc-wide"])
        {
            double score = PublishedValues.Of("cifar100", variant, "train:binarity_score")!.Value.Mean, distance = PublishedValues.Of("cifar100", variant, "train:peaks_distance")!.Value.Mean;
            Assert.That(2 * Math.Exp(score + 2.1121), Is.EqualTo(distance).Within(0.02 * distance), variant);
        }
    }

    [TestCase(0.123456, "Percent", "12.35")]
    [TestCase(1.2345e-12, "Significant", "1.23e-12")]
    [TestCase(0.0012345, "Significant", "0.00123")]
    [TestCase(123.45, "Significant", "123")]
    [TestCase(0, "Significant", "0.00")]
    [TestCase(123456789, "Significant", "1.23e8")]
    [TestCase(double.NaN, "Fixed", "–")]
    public void Numbers_are_written_for_reading(double value, string format, string expected) =>
        Assert.That(Enum.Parse<NumberFormat>(format).Text(value, double.NaN), Is.EqualTo(expected));

    [Test]
    public void What_does_not_count_is_named_and_the_rest_reported()
    {
        using var folder = new TemporaryFolder();
        MakeRun(folder, "lpc", 1, 1e-3, 0.9, 5);
        File.Delete(Path.Combine(MakeRun(folder, "lpc", 2, 1e-3, 0.9, 5), "summary.json"));
        File.WriteAllText(Path.Combine(MakeRun(folder, "lpc", 3, 1e-3, 0.9, 5), "summary.json"), "{ broken");
        File.WriteAllText(Path.Combine(MakeRun(folder, "lpc", 4, 1e-3, 0.9, 5), "config.json"), File.ReadAllText(Path.Combine(folder["run3"], "config.json")).Replace("\"lpc\"", "\"unheard-of\""));
        File.WriteAllText(Path.Combine(MakeRun(folder, "lpc", 5, 1e-3, 0.9, 5), "summary.json"), "{ }");
        Change(MakeRun(folder, "lpc", 6, 1e-3, 0.9, 5), "config.json", config => config["classes"] = "three");
        Change(MakeRun(folder, "lpc", 7, 1e-3, 0.9, 5), "config.json", config => config["augment"] = "perhaps");
        Change(MakeRun(folder, "lpc", 8, 1e-3, 0.9, 5), "summary.json", summary => summary["epochs"] = 3);
        File.WriteAllText(Path.Combine(MakeRun(folder, "lpc", 9, 1e-3, 0.9, 5), "metrics.jsonl"), "[]\n");
        var collection = Collect(folder);
        Assert.That(collection.Groups.Single().All, Has.Count.EqualTo(1));
        Assert.That(collection.LeftOut, Has.Count.EqualTo(8));
        Assert.That(string.Join('\n', collection.LeftOut), Does.Contain("not finished").And.Contain("not a JSON object").And.Contain("unheard-of").And.Contain("evaluate").And.Contain("--steps"));
    }

    [Test]
    public void What_is_left_out_is_said_in_a_line_each_and_not_endlessly()
    {
        using var folder = new TemporaryFolder();
        MakeRun(folder, "lpc", 1, 1e-3, 0.9, 5);
        for (var i = 1; i <= 12; i++) File.CreateSymbolicLink(folder[$"link{i}"], "nowhere");
        var (code, output, error) = Cli.Run("report", folder.Path, "--out", folder["r.html"]);
        Assert.That(code, Is.Zero, error);
        Assert.That(output, Does.Contain("1 runs").And.Contain("12 left out"));
        var lines = error.TrimEnd().Split('\n');
        Assert.That(lines, Has.Length.EqualTo(11).And.All.StartsWith("left out: "));
        Assert.That(lines[^1], Does.Contain("2 more"));
        Assert.That(File.ReadAllText(folder["r.html"]), Does.Contain("link12: a link that leads nowhere"));
    }

    [Test]
    public void Odd_values_in_a_good_run_are_dashes_not_the_end()
    {
        using var folder = new TemporaryFolder();
        var run = MakeRun(folder, "lpc", 1, 1e-3, 0.9, 5, picture: true);
        MakeRun(folder, "lpc", 1, 2e-3, 0.9, 5, picture: true);
        Change(run, "summary.json", summary => (summary["test_accuracy"], summary["train"]!["entropy"], summary["test"]) = ("x", new JsonObject(), "y"));
        Change(run, "latents.json", latents => latents["reach"] = 1e308);
        File.AppendAllLines(Path.Combine(run, "metrics.jsonl"), ["{\"split\":7}", "{\"split\":\"train\",\"epoch\":\"x\",\"separation_ratio\":1}", "{\"split\":\"train\",\"separation_ratio\":1}"]);
        Cli.Succeed("report", folder.Path, "--out", folder["r.html"], "--out", folder["r.tex"]);
    }

    [Test]
    public void All_four_forms_are_written_and_the_page_needs_nothing_else()
    {
        using var folder = new TemporaryFolder();
        foreach (var variant in (string[])["lpc-narrow", "linpen", "nopen"]) MakeRun(folder, variant, 1, 1e-3, 0.9, 5, picture: true);
        string[] files = [folder["r.html"], folder["r.md"], folder["r.csv"], folder["r.tex"]];
        Cli.Succeed(["report", folder.Path, .. files.SelectMany(file => (string[])["--out", file])]);
        var page = File.ReadAllText(files[0]);
        Assert.That(page, Does.Contain("Table 1").And.Contain("Codes of the classes").And.Contain("Separation against robustness").And.Contain("prefers-color-scheme"));
        Assert.That(Sources().Matches(page).Select(match => match.Groups[1].Value), Is.Not.Empty.And.All.StartsWith("data:image/png;base64,"));
        Assert.That(page, Does.Not.Contain("<script").And.Not.Contain("<link").And.Not.Contain("@import").And.Not.Contain("url("));
        Assert.That(File.ReadAllText(files[1]), Does.Contain("| LPC-Narrow | 5.00 |"));
        var lines = File.ReadAllLines(files[2]);
        Assert.That(lines[0], Is.EqualTo("data set,protocol,table,model,column,text,mean,deviation,seeds,published"));
        Assert.That(lines, Has.Some.EndsWith("geometry,LPC-Narrow,R,5.00,5,,1,"));
        var latex = File.ReadAllText(files[3]);
        Assert.That(latex.Count(c => c == '{'), Is.EqualTo(latex.Count(c => c == '}')), "braces match");
        Assert.That(Regex.Matches(latex, @"(?<!\\)[%#_]").Count, Is.EqualTo(Regex.Matches(latex, @"\$\\Sigma_W\$").Count + 1), "all that LaTeX reserves is escaped but the comment's sign and Σ's index");
        Assert.That(latex.All(c => c < 128), "plain ASCII");
    }

    [Test]
    public void Runs_that_differ_in_the_largest_gamma_make_a_figure()
    {
        using var folder = new TemporaryFolder();
        foreach (var gamma in (double[])[5, 50, 500])
            foreach (var variant in (string[])["lpc", "nopen"]) MakeRun(folder, variant, 1, 1e-3, 0.9, ratio: gamma, gamma: gamma);
        var figure = GammaFigure.Of(Collect(folder)).Single();
        Assert.That(figure.Panels.Select(panel => panel.Description), Has.Some.StartsWith("separation ratio R").And.None.Contains("NoPen"), "γ means nothing to a variant without penalty");
        Assert.That(figure.Panels.Select(panel => FigureTheme.Png(panel.Draw(FigureTheme.Dark), 200, 200)), Has.All.Not.Empty);
        MakeRun(folder, "lpc", 1, 1e-3, 0.9, 5, epochs: 20);
        Assert.That(GammaFigure.Of(Collect(folder)).Count(), Is.EqualTo(1), "another protocol is no other γ");
    }

    [Test]
    public void Names_from_files_cannot_become_markup()
    {
        using var folder = new TemporaryFolder();
        MakeRun(folder, "lpc", 1, 1e-3, 0.9, 5, dataSet: "<script>alert(1)</script>_{c}~^\"&");
        Cli.Succeed("report", folder.Path, "--out", folder["r.html"], "--out", folder["r.tex"]);
        Assert.That(File.ReadAllText(folder["r.tex"]), Does.Contain(@"\textless{}script\textgreater{}alert(1)\textless{}/script\textgreater{}\_\{c\}\textasciitilde{}\textasciicircum{}\textquotedbl{}\&"));
        Assert.That(File.ReadAllText(folder["r.html"]), Does.Not.Contain("<script").And.Contain("&lt;script&gt;"));
    }

    [Test]
    public void Mistakes_are_one_line_each()
    {
        using var folder = new TemporaryFolder();
        Assert.That(Cli.Refuse("report", folder["nowhere"]), Does.Contain("no such folder"));
        Assert.That(Cli.Refuse("report", folder.Path), Does.Contain("no finished run"));
        MakeRun(folder, "lpc", 1, 1e-3, 0.9, 5);
        Assert.That(Cli.Refuse("report", folder.Path, "--out", folder["r.pdf"]), Does.Contain("must end in .html"));
        Assert.That(Cli.Refuse("report", folder.Path, "--select", "luck"), Does.Contain("test or validation"));
        Assert.That(Cli.Refuse("report", folder.Path, "--select", "validation"), Does.Contain("--validation-size"), "no run is left");
        Assert.That(Cli.Refuse("report", folder.Path, "--out", Path.Combine(folder["nowhere"], "r.html")), Is.Not.Empty);
    }

    [Test]
    public void A_picture_of_latents_survives_its_file_and_damage_is_noticed()
    {
        var picture = Picture();
        var read = LatentPicture.FromJson(picture.ToJson())!;
        Assert.That(read.Histograms, Is.EqualTo(picture.Histograms));
        Assert.That(read.Means.SelectMany(mean => mean), Is.EqualTo(picture.Means.SelectMany(mean => mean)).Within(1e-5));
        Assert.That(read.Histograms.Select(counts => counts.Sum()), Has.All.EqualTo(60), "every sample is in every node's histogram");
        var json = picture.ToJson();
        json["histograms"]!.AsArray().RemoveAt(0);
        Assert.That(LatentPicture.FromJson(json), Is.Null);
        Assert.That(LatentPicture.FromJson([]), Is.Null);
    }

    private static ReportCollection Collect(TemporaryFolder folder) => ReportCollection.Of(folder.Path, Selection.Test);

    private static ReportTable Table(ReportCollection collection, string id) => ReportTables.Of(collection.Groups.Single()).Single(table => table.Id == id);

    // Three classes of twenty samples in four dimensions.
    private static LatentPicture Picture()
    {
        var random = new Random(1);
        var labels = Enumerable.Range(0, 60).Select(i => i % 3).ToArray();
        var latents = labels.SelectMany(label => Enumerable.Range(0, 4).Select(j => (double)((label >> (j % 2) & 1) * 2 - 1) + 0.1 * random.NextDouble())).ToArray();
        return LatentPicture.Of(new LatentSet(latents, 4, labels, 3))!;
    }

    private static string MakeRun(
        TemporaryFolder folder, string variant, long seed, double rate, double test, double ratio, double? validation = null, int epochs = 10, string dataSet = "cifar10", double gamma = 50,
        bool picture = false, Action<JsonObject>? more = null, Func<TrainOptions, TrainOptions>? change = null)
    {
        var path = folder.Folder($"run{Directory.GetDirectories(folder.Path).Length}");
        var train = new JsonObject { ["separation_ratio"] = ratio };
        more?.Invoke(train);
        var summary = new JsonObject
        {
            ["test_accuracy"] = test, ["train_accuracy"] = 1.0, ["epochs"] = epochs, ["seconds"] = 1.5, ["train"] = train, ["test"] = new JsonObject { ["deepfool_median"] = 0.01 },
        };
        if (validation is not null) summary["validation_accuracy"] = validation;
        var data = new DataSet(dataSet, ["a", "b", "c"], new ImageSet(60, 8, 8, 3, new byte[60 * 192], null, [.. Enumerable.Range(0, 60).Select(i => i % 3)]), null, [0, 0, 0], [1, 1, 1], Flip: true);
        var options = new TrainOptions { DataSet = dataSet, Variant = variant, Seed = seed, Rate = rate, Epochs = epochs, GammaMax = gamma };
        var config = RunConfig.From(change?.Invoke(options) ?? options, Preset.Named("quick"), Variants.Named(variant), data.Facts);
        File.WriteAllText(Path.Combine(path, "config.json"), JsonSerializer.Serialize(config, JsonFormat.Indented));
        File.WriteAllText(Path.Combine(path, "summary.json"), summary.ToJsonString());
        File.WriteAllLines(Path.Combine(path, "metrics.jsonl"), Enumerable.Range(1, epochs).Select(epoch => new JsonObject { ["epoch"] = epoch, ["split"] = "train", ["separation_ratio"] = ratio * epoch / epochs }.ToJsonString()));
        if (picture) File.WriteAllText(Path.Combine(path, "latents.json"), Picture().ToJson().ToJsonString());
        return path;
    }

    // Writes something else into a file of a run.
    private static void Change(string run, string file, Action<JsonObject> change)
    {
        var json = JsonNode.Parse(File.ReadAllText(Path.Combine(run, file)))!.AsObject();
        change(json);
        File.WriteAllText(Path.Combine(run, file), json.ToJsonString());
    }

    [GeneratedRegex("(?:src|srcset)=\"([^\"]{0,40})")]
    private static partial Regex Sources();
}
