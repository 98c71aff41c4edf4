using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace LpcEngine.Benchmarks.Suite;

/// <summary>A column that follows from a row and its mean time.</summary>
/// <param name="name">The column's title.</param>
/// <param name="legend">What it shows.</param>
/// <param name="text">The row and its mean time in nanoseconds, null while there's none, to the text.</param>
/// <param name="before">Stands before the measured times.</param>
internal sealed class RowColumn(string name, string legend, Func<BenchmarkRow, double?, string> text, bool before = false) : IColumn
{
    public string Id => $"{nameof(RowColumn)}.{name}";

    public string ColumnName => name;

    public bool AlwaysShow => true;

    public ColumnCategory Category => before ? ColumnCategory.Params : ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => !before;

    public UnitType UnitType => UnitType.Dimensionless;

    public string Legend => legend;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase) =>
        text((BenchmarkRow)benchmarkCase.Parameters[nameof(OperationBenchmarks.Row)], summary[benchmarkCase]?.ResultStatistics?.Mean);

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    public bool IsAvailable(Summary summary) => true;

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;
}
