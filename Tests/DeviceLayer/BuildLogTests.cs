using System.Diagnostics;

namespace LpcEngine.Tests.DeviceLayer;

/// <summary>Which line of a compiler's log the user gets to see. ILGPU writes logs to the trace, so these tests do.</summary>
public sealed class BuildLogTests
{
    private static readonly Exception Problem = new InvalidOperationException("a PTX JIT compilation failed.\nMore of it.");

    [TestCase("ptxas application ptx input, line 12; error   : Unknown symbol 'tiles'\nptxas fatal   : Ptx assembly aborted due to errors\n",
        "ptxas application ptx input, line 12; error: Unknown symbol 'tiles'")]
    [TestCase("ptxas application ptx input, line 9; fatal   : Unsupported .version 8.8; current version is '8.4'\nptxas fatal   : Ptx assembly aborted due to errors\n",
        "ptxas application ptx input, line 9; fatal: Unsupported .version 8.8; current version is '8.4'")]
    [TestCase("ptxas warning : Unresolved errors may follow\nptxas error   : Entry function 'Kernel_Rows' uses too much shared data (0x18000 bytes, 0xc000 max)\n",
        "ptxas error: Entry function 'Kernel_Rows' uses too much shared data (0x18000 bytes, 0xc000 max)")]
    [TestCase("ptxas fatal   : Unresolved extern function 'fma'", "ptxas fatal: Unresolved extern function 'fma'")]
    [TestCase("1 warning generated.\n/tmp/pocl.cl:3:5: error: use of undeclared identifier 'atomic_uint'\n1 error generated.\n", "/tmp/pocl.cl:3:5: error: use of undeclared identifier 'atomic_uint'")]
    [TestCase("clang (1) crashed", "clang (1) crashed")]
    public void The_first_complaint_is_shown_in_one_line(string log, string shown) => Assert.That(Shown("PTX Kernel loading failed:", log), Is.EqualTo(shown));

    [Test]
    public void A_log_that_fills_the_drivers_kibibyte_is_cut_where_a_line_ends_or_not()
    {
        var many = string.Concat(Enumerable.Range(1, 40).Select(i => $"ptxas application ptx input, line {i}; error   : Unknown symbol 'x{i}'\n"))[..1024];
        Assert.That(Shown("PTX Kernel loading failed:", many), Is.EqualTo("ptxas application ptx input, line 1; error: Unknown symbol 'x1'"));
        Assert.That(Shown("PTX Kernel loading failed:", $"ptxas error   : {new string('x', 1008)}"), Has.Length.EqualTo(202).And.EndsWith(" …"));
    }

    [Test]
    public void What_follows_a_strings_end_is_no_part_of_it()
    {
        Assert.That(Shown("PTX Kernel loading failed:", "ptxas fatal   : short\n\0\0garbage error: none\0"), Is.EqualTo("ptxas fatal: short"));
        Assert.That(Shown("PTX Kernel loading failed:", new string('\0', 1024)), Is.EqualTo("a PTX JIT compilation failed. More of it"));
    }

    [TestCase("Kernel loading failed:")]
    [TestCase("PTX Kernel loading failed:")]
    public void Without_a_log_the_exception_speaks(string head) => Assert.That(Shown(head, ">> No error information available"), Is.EqualTo("a PTX JIT compilation failed. More of it"));

    private static string Shown(params string[] traced)
    {
        using var log = new BuildLog();
        foreach (var line in traced) Trace.WriteLine(line);
        return log.Reason(Problem);
    }
}
