namespace LpcEngine.Engine;

/// <summary>How long each kind of job took on a pool of workers: the profile of what ran between its beginning and its end.</summary>
/// <remarks>Wall time of whole jobs, from handing out the first tile to the end of the last. What runs between jobs is in no row. For one caller at a time.</remarks>
public sealed class JobTimes
{
    private readonly Dictionary<Type, Row> rows = [];

    /// <summary>The kinds of jobs, those that took longest first.</summary>
    public IReadOnlyList<Row> Rows => [.. rows.Values.OrderByDescending(row => row.Seconds)];

    internal void Add(Type job, double seconds)
    {
        if (!rows.TryGetValue(job, out var row)) rows.Add(job, row = new Row(NameOf(job)));
        row.Seconds += seconds;
        row.Jobs++;
    }

    // A job is mostly a nested structure called "Job", generic over vectors: the class around it says what it does.
    private static string NameOf(Type job)
    {
        if (job.IsGenericType && job.GetGenericArguments()[0] is { IsPrimitive: false, Namespace: not null and not "System.Runtime.Intrinsics" } inner) return NameOf(inner);
        var name = job.Name.Split('`')[0];
        return job.DeclaringType is { } outer ? $"{outer.Name.Split('`')[0]}.{name}" : name;
    }

    /// <summary>One kind of job.</summary>
    public sealed class Row
    {
        internal Row(string name) => Name = name;

        /// <summary>The job's structure and the class that holds it.</summary>
        public string Name { get; }

        /// <summary>Wall time of all its jobs.</summary>
        public double Seconds { get; internal set; }

        /// <summary>How many jobs there were.</summary>
        public long Jobs { get; internal set; }
    }
}
