using System.Text.Json.Nodes;
using LpcEngine.Experiments.Export;

namespace LpcEngine.Tests.Export;

/// <summary>metrics.csv is metrics.jsonl as a table.</summary>
public sealed class MetricsTables
{
    [Test]
    public void A_row_for_each_line_and_a_column_for_each_key() => Assert.That(
        MetricsTable.Of(
        [
            new() { ["epoch"] = 1, ["split"] = "train", ["loss"] = 0.1 },
            new() { ["epoch"] = 1, ["split"] = "test", ["accuracy"] = 1e-7, ["loss"] = null },
            new() { ["split"] = "a \"b\", c\n", ["list"] = new JsonArray(1, 2) },
        ]),
        Is.EqualTo("epoch,split,loss,accuracy,list\r\n1,train,0.1,,\r\n1,test,,1E-07,\r\n,\"a \"\"b\"\", c\n\",,,\"[1,2]\"\r\n"));

    [Test]
    public void No_lines_are_an_empty_table() => Assert.That(MetricsTable.Of([]), Is.EqualTo("\r\n"));
}
