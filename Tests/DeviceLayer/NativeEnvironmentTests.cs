using System.Runtime.InteropServices;

namespace LpcEngine.Tests.DeviceLayer;

/// <summary>What drivers read of the environment: the engine's wishes, where the user has none.</summary>
public sealed partial class NativeEnvironmentTests
{
    [Test]
    public void A_variable_is_set_for_native_code_unless_the_user_has_set_it()
    {
        if (!OperatingSystem.IsLinux()) Assert.Ignore("asks libc");
        var name = $"LPC_TEST_{Environment.ProcessId}";
        Assert.That(Read(name), Is.Null);
        NativeEnvironment.Offer(name, "first");
        Assert.That(Read(name), Is.EqualTo("first"));
        NativeEnvironment.Offer(name, "second");
        Assert.That(Read(name), Is.EqualTo("first"));
    }

    [Test]
    public void Without_a_card_nobody_is_told_where_to_keep_binaries()
    {
        if (!OperatingSystem.IsLinux() || NativeLibraries.HasCuda) Assert.Ignore("NVIDIA's driver is here");
        using var folder = new TemporaryFolder();
        using var cache = OwnCache.Instead(folder.Path);
        CudaAdjustments.KeepBinaries();
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.Empty);
    }

    private static string? Read(string name) => Marshal.PtrToStringUTF8(GetEnvironment(name));

    [LibraryImport("libc", EntryPoint = "getenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint GetEnvironment(string name);
}
