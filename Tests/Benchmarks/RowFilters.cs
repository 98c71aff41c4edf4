using LpcEngine.Benchmarks.Suite;
using LpcEngine.Engine;

namespace LpcEngine.Tests.Benchmarks;

/// <summary>Filters find operations by both spellings of their names; rows follow from the declarations.</summary>
public sealed class RowFilters
{
    private static readonly BenchmarkRow[] All = BenchmarkRow.All();

    [TestCase("*Conv2d*", "conv-2d")]
    [TestCase("*conv2D*", "conv-2d")]
    [TestCase("conv-2d", "conv-2d")]
    [TestCase("*batchnorm*", "batch-norm", "batch-norm-swish", "batch-norm-add-swish")]
    [TestCase("BatchNorm", "batch-norm")]
    [TestCase("*batch-norm-?wish*", "batch-norm-swish")]
    public void A_pattern_finds(string pattern, params string[] operations) =>
        Assert.That(RowFilter.Choose(All, [pattern]).Select(row => row.Spec.Name).Distinct(), Is.EquivalentTo(operations));

    [Test]
    public void Every_operation_has_a_row_forward_and_backward_where_it_has_a_derivative()
    {
        foreach (var spec in LpcEngine.Kernels.Operations.All)
        {
            var rows = All.Where(row => row.Spec == spec).ToArray();
            if (spec.IsIdleAtFp32)
            {
                Assert.That(rows, Is.Empty, $"{spec.Name} does nothing at fp32, the precision of the benchmarks");
                continue;
            }
            Assert.That(rows, Is.Not.Empty, $"{spec.Name} declares no case for benchmarks");
            Assert.That(rows.Count(row => row.Backward), Is.EqualTo(spec.Benchmarks().Count(declared => declared.Backward is not null && declared.BackwardBytes + declared.BackwardFlops > 0)), spec.Name);
            Assert.That(rows.Select(row => row.Bytes + row.Flops), Is.All.GreaterThan(0), $"{spec.Name} declares neither operations nor bytes");
        }
    }

    [Test]
    public void What_is_declared_idle_at_fp32_hands_its_input_on()
    {
        var device = TestDevices.Get("cpu");
        foreach (var declared in LpcEngine.Kernels.Operations.All.Where(spec => spec.IsIdleAtFp32).SelectMany(spec => spec.Cases))
        {
            var x = device.NewKept(declared.Inputs[0].Shape);
            Assert.That(declared.Run([x]), Is.SameAs(x), declared.Label);
            device.Free(x);
        }
    }

    [Test]
    public void Names_are_distinct() => Assert.That(All.Select(row => row.ToString()), Is.Unique);
}
