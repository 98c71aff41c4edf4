namespace LpcEngine.Engine;

/// <summary>How long each kind of work took on a device: a profile.</summary>
/// <remarks>
/// On the cpu the wall time of whole jobs, from handing out the first tile to the end of the last; what runs between jobs is in no row. On ILGPU devices that of each kernel of a replayed step
/// (<see cref="CapturedStep"/>), launched and waited for one by one: the driver's few microseconds for each are in it, and nothing overlaps. For one caller at a time.
/// </remarks>
public sealed class JobTimes
{
    private readonly Dictionary<object, Row> rows = [];

    /// <summary>The kinds of jobs, those that took longest first.</summary>
    public IReadOnlyList<Row> Rows => [.. rows.Values.OrderByDescending(row => row.Seconds)];

    /// <summary>Begins anew.</summary>
    public void Clear() => rows.Clear();

    internal void Add(Type job, double seconds)
    {
        if (!rows.TryGetValue(job, out var row)) rows.Add(job, row = new Row(NameOf(job)));
        row.Add(seconds);
    }

    internal void Add(string kernel, double seconds)
    {
        if (!rows.TryGetValue(kernel, out var row)) rows.Add(kernel, row = new Row(kernel));
        row.Add(seconds);
    }

    /// <summary>A kernel's name: the class that holds it, its own, and what it is generic over.</summary>
    internal static string NameOf(System.Reflection.MethodInfo kernel)
    {
        var arguments = kernel.IsGenericMethod ? $"<{string.Join(", ", kernel.GetGenericArguments().Select(type => type.Name.Split('`')[0]))}>" : "";
        return $"{kernel.DeclaringType!.Name.Split('`')[0]}.{kernel.Name}{arguments}";
    }

    // A job is mostly a nested structure called "Job", generic over vectors: the class around it says what it does.
    private static string NameOf(Type job)
    {
        if (job.IsGenericType && job.GetGenericArguments()[0] is { IsPrimitive: false, Namespace: not null and not "System.Runtime.Intrinsics" } inner) return NameOf(inner);
        var name = job.Name.Split('`')[0];
        return job.DeclaringType is { } outer ? $"{outer.Name.Split('`')[0]}.{name}" : name;
    }

    /// <summary>One kind of work.</summary>
    public sealed class Row
    {
        internal Row(string name) => Name = name;

        /// <summary>The job's structure, or the kernel, and the class that holds it.</summary>
        public string Name { get; }

        /// <summary>Wall time of all its jobs.</summary>
        public double Seconds { get; private set; }

        /// <summary>How many jobs there were.</summary>
        public long Jobs { get; private set; }

        internal void Add(double seconds)
        {
            Seconds += seconds;
            Jobs++;
        }
    }
}
