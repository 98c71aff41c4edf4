namespace LpcEngine.Tests.DeviceLayer;

/// <summary>Which slots of local memory become registers, and which must not.</summary>
public sealed class RegisterSlotTests
{
    [Test]
    public void A_slot_that_is_only_stored_and_loaded_becomes_a_register()
    {
        const string text = "\t.local .align 4 .b8 __local_depot0[4];\n\tmov.b64\t%rd4, __local_depot0;\nL1:\n\tst.local.f32\t[%rd4], 0f00000000;\n\tld.local.b32\t%r7, [%rd4];\n\tst.global.b32\t[%rd1], %r7;\n";
        Assert.That(RegisterSlots.Rewrite(text), Is.EqualTo("\t.reg .b32 %slot0;\n\nL1:\n\tmov.f32\t%slot0, 0f00000000;\n\tmov.b32\t%r7, %slot0;\n\tst.global.b32\t[%rd1], %r7;\n"));
    }

    [Test]
    public void Slots_of_eight_bytes_become_wide_registers()
    {
        const string text = "\t.local .align 8 .b8 __local_depot3[8];\n\tmov.b64\t%rd40, __local_depot3;\n\tst.local.b64\t[%rd40], %rd5;\n\tld.local.b64\t%rd6, [%rd40];";
        Assert.That(RegisterSlots.Rewrite(text), Is.EqualTo("\t.reg .b64 %slot0;\n\n\tmov.b64\t%slot0, %rd5;\n\tmov.b64\t%rd6, %slot0;"));
    }

    // Each is a slot that a register can't replace; another beside it must not be mistaken for it, either: depot1 is a prefix of depot10, %rd4 of %rd40.
    [TestCase("\tmov.b64\t%rd9, %rd4;", TestName = "An_address_that_goes_elsewhere_keeps_its_slot")]
    [TestCase("\tadd.s64\t%rd9, %rd4, 2;", TestName = "An_address_that_is_calculated_with_keeps_its_slot")]
    [TestCase("\tst.local.b16\t[%rd4], %rs1;", TestName = "A_slot_written_in_part_keeps_its_memory")]
    [TestCase("\tld.local.v2.b32\t{%r1, %r2}, [%rd4];", TestName = "A_slot_read_beyond_its_end_keeps_its_memory")]
    [TestCase("\tld.local.b64\t%rd9, [%rd4];", TestName = "A_slot_read_at_another_size_keeps_its_memory")]
    [TestCase("\tld.local.b32\t%r9, [%rd4+4];", TestName = "An_address_with_an_offset_keeps_its_slot")]
    [TestCase("\tst.local.b64\t[%rd9], %rd4;", TestName = "A_stored_address_keeps_its_slot")]
    [TestCase("\tld.param.b64\t%rd4, [p];", TestName = "A_register_that_holds_something_else_later_keeps_its_slot")]
    [TestCase("\tmov.b64\t%rd8, __local_depot1;", TestName = "A_slot_with_two_addresses_keeps_its_memory")]
    [TestCase("\t.local .align 4 .b8 __local_depot1[4];", TestName = "A_slot_declared_twice_keeps_its_memory")]
    [TestCase("@%p1 ld.local.b32\t%r9, [%rd4];", TestName = "A_conditional_access_keeps_its_slot")]
    public void Others_keep_their_memory(string use)
    {
        const string slot = "\t.local .align 4 .b8 __local_depot1[4];\n\tmov.b64\t%rd4, __local_depot1;\n\tst.local.b32\t[%rd4], %r1;\n";
        const string other = "\t.local .align 4 .b8 __local_depot10[4];\n\tmov.b64\t%rd40, __local_depot10;\n\tst.local.b32\t[%rd40], %r1;\n";
        var result = RegisterSlots.Rewrite(slot + other + use);
        Assert.That(result, Does.StartWith(slot).And.EndsWith(use));
        Assert.That(result[slot.Length..^use.Length], Is.EqualTo("\t.reg .b32 %slot0;\n\n\tmov.b32\t%slot0, %r1;\n"));
    }

    [Test]
    public void Longer_arrays_stay()
    {
        const string text = "\t.local .align 4 .b8 __local_depot0[16];\n\tmov.b64\t%rd4, __local_depot0;\n\tst.local.b32\t[%rd4], %r1;";
        Assert.That(RegisterSlots.Rewrite(text), Is.EqualTo(text));
    }
}
