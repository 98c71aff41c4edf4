using System.Globalization;
using System.Text;
using LpcEngine.Engine;

namespace LpcEngine.Benchmarks.Throughput;

/// <summary>The profile of a step as a table: kinds of jobs, those that took longest first.</summary>
internal static class ProfileTable
{
    /// <summary>Lays the table out.</summary>
    /// <param name="times">What was measured.</param>
    /// <param name="steps">In how many steps.</param>
    public static string Of(JobTimes times, int steps)
    {
        var total = times.Rows.Sum(row => row.Seconds);
        var text = new StringBuilder().AppendLine("  ms/step      %  jobs/step  job or kernel");
        foreach (var row in times.Rows)
        {
            text.AppendLine(CultureInfo.InvariantCulture,
                $"{1e3 * row.Seconds / steps,9:F2} {100 * row.Seconds / total,6:F1} {(double)row.Jobs / steps,10:F0}  {row.Name}");
        }
        return text.AppendLine(CultureInfo.InvariantCulture, $"{1e3 * total / steps,9:F2}  all of them").ToString();
    }
}
