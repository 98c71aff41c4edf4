using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using ILGPU;
using ILGPU.Backends;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using Device = LpcEngine.Engine.Device;

namespace LpcEngine.Tests.DeviceLayer;

/// <summary>A second start takes its kernels from the disk: the same text, the same bits, whatever has happened to the files meanwhile.</summary>
public sealed class KernelsFromDisk
{
    private readonly TemporaryFolder folder = new();

    [OneTimeTearDown]
    public void Remove() => folder.Dispose();

    /// <summary>All operations at all precisions: static and dynamic shared memory, structs of views, generic kernels. The tests' own device has compiled them, another takes them from the disk.</summary>
    [Test]
    public void Every_kernel_gives_the_same_bits_from_the_disk()
    {
        var compiling = TestDevices.Get(OpenCL);
        var expected = Errors(compiling);
        var compiled = compiling.KernelStatistics;
        Assert.That(compiled.Kept, Is.EqualTo(compiled.Compiled).And.GreaterThan(50));
        using var second = Devices.Open(OpenCL);
        Assert.That(Errors(second), Is.EqualTo(expected));
        Assert.That((second.KernelStatistics.Compiled, second.KernelStatistics.FromDisk > 50), Is.EqualTo((0, true)));
    }

    [Test]
    public void What_is_kept_is_the_text_that_the_driver_was_given()
    {
        using var cache = OwnCache.Instead(folder["text"]);
        Assert.That(Start(), Is.EqualTo((Fillers, 0)));
        var files = Files("text");
        var texts = Array.ConvertAll(files, File.ReadAllText);
        Assert.That(texts, Has.Length.EqualTo(Fillers).And.All.Contains("kernel void Kernel_"));
        Assert.That(Start(), Is.EqualTo((0, Fillers)));
        Assert.That(Array.ConvertAll(files, File.ReadAllText), Is.EqualTo(texts));
    }

    private static IEnumerable<TestCaseData> Damages()
    {
        yield return Damage("a changed letter", file => Change(file, bytes => bytes[^20] ^= 1));
        yield return Damage("another checksum", file => Change(file, bytes => bytes[30] ^= 1));
        yield return Damage("half a file", file => { using var stream = File.OpenWrite(file); stream.SetLength(stream.Length / 2); });
        yield return Damage("an empty file", file => File.WriteAllBytes(file, []));
        yield return Damage("a foreign file", file => File.WriteAllText(file, "Dear diary,\ntoday I was put into a cache.\n"));
        yield return Damage("a file of another version", file => Rewrite(file, text => Regex.Replace(text, "(?<=assembly Engine .* )[0-9a-f]+", new string('0', 32))));
        yield return Damage("a file of another kernel", file => File.Copy(Directory.GetFiles(Path.GetDirectoryName(file)!).First(other => other != file), file, overwrite: true));
        yield return Damage("a text that the driver refuses", file => Rewrite(file, text => text.Replace("kernel void", "kernel nothing")));
        yield return Damage("a lost file", File.Delete);

        static TestCaseData Damage(string name, Action<string> damage) => new TestCaseData(damage).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Damages))]
    public void A_damaged_entry_is_compiled_anew_and_replaced(Action<string> damage)
    {
        using var own = new TemporaryFolder();
        using var cache = OwnCache.Instead(own.Path);
        Start();
        var file = Directory.GetFiles(own["kernels"])[0];
        var whole = File.ReadAllText(file);
        damage(file);
        Assert.That(Start(), Is.EqualTo((1, Fillers - 1)));
        // ILGPU's text may differ in its numbers.
        Assert.That(File.ReadAllText(file), Does.Contain(whole.Split('\n')[2]));
        Assert.That(Start(), Is.EqualTo((0, Fillers)));
    }

    [Test]
    public void Without_a_folder_everything_works_and_nothing_is_kept([Values("off", "below a file", "forbidden", "too long", "a folder in the place of a file")] string kind)
    {
        using var own = new TemporaryFolder();
        File.WriteAllText(own["file"], "");
        if (kind == "forbidden")
        {
            if (OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess)
            {
                Assert.Ignore("nothing is forbidden to this user");
                return;
            }
            File.SetUnixFileMode(own.Folder("locked"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }
        using var cache = OwnCache.Instead(kind switch { "off" => "off", "below a file" => own["file/cache"], "forbidden" => own["locked"], "too long" => own[new string('x', 300)], _ => own["cache"] });
        if (kind == "a folder in the place of a file")
        {
            Start();
            foreach (var file in Directory.GetFiles(own["cache"], "*", SearchOption.AllDirectories))
            {
                File.Delete(file);
                Directory.CreateDirectory(Path.Combine(file, "full"));
            }
        }
        for (var start = 0; start < 2; start++)
        {
            using var device = Devices.Open(OpenCL);
            Use(device);
            Assert.That(device.KernelStatistics with { CompilerSeconds = 0, DriverSeconds = 0 }, Is.EqualTo(new KernelStatistics(Fillers, 0, 0, 0, 0)));
        }
    }

    /// <summary>Every kernel of CUDA's, as far as that can be had without a card: what would be loaded again is what was compiled.</summary>
    [Test]
    public void Assembly_and_entry_point_are_the_same_from_the_disk()
    {
        using var backend = KernelText.Backend(CudaArchitecture.SM_90);
        var cache = new KernelCache(backend, "", new KernelFolder(folder.Folder("ptx")));
        using var laterBackend = KernelText.Backend(CudaArchitecture.SM_90);
        var later = new KernelCache(laterBackend, "", new KernelFolder(folder["ptx"]));
        Assert.Multiple(() =>
        {
            foreach (var method in KernelAssembly.Kernels)
            {
                var compiled = KernelText.Compile(backend, method);
                Assert.That(later.Find(EntryPointDescription.FromExplicitlyGroupedKernel(method), compiled.Specialization), Is.Null, "before it is kept");
                Assert.That(cache.Keep(compiled));
                var found = (PTXCompiledKernel)later.Find(EntryPointDescription.FromExplicitlyGroupedKernel(method), compiled.Specialization)!;
                Assert.That(found.PTXAssembly, Is.EqualTo(compiled.PTXAssembly));
                Assert.That(found.PTXAssembly, Does.Contain($".entry {found.Name}"));
                Assert.That(Described(found), Is.EqualTo(Described(compiled)));
            }
        });

        static string Described(CompiledKernel kernel)
        {
            var entry = (EntryPoint)typeof(CompiledKernel).GetProperty("EntryPoint", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(kernel)!;
            var parameters = entry.Parameters.Select(type => type.FullName);
            return $"{kernel} {kernel.Name} {kernel.Info} {entry.Description} {entry.KernelIndexType} {entry.IsExplicitlyGrouped} {entry.SharedMemory.StaticSize} {entry.SharedMemory.HasDynamicMemory} {string.Join(' ', parameters)}";
        }
    }

    [Test]
    public void A_key_names_all_that_the_text_follows_from()
    {
        using var newer = KernelText.Backend(CudaArchitecture.SM_90);
        using var older = KernelText.Backend(CudaArchitecture.SM_80);
        var generic = KernelAssembly.Kernels.Where(method => method.IsGenericMethod).Take(2).ToArray();
        var bounds = new KernelSpecialization(128, null);
        string[] keys =
        [
            KernelKey.Of(newer, "", generic[0], bounds)!, KernelKey.Of(older, "", generic[0], bounds)!, KernelKey.Of(newer, "a card", generic[0], bounds)!,
            KernelKey.Of(newer, "", generic[1], bounds)!, KernelKey.Of(newer, "", generic[0], KernelSpecialization.Empty)!, KernelKey.Of(newer, "", generic[0], new KernelSpecialization(128, 2))!,
        ];
        Assert.That(keys, Is.Unique);
        foreach (var assembly in new[] { typeof(Tensor).Assembly, typeof(OpSpec).Assembly, typeof(Context).Assembly, typeof(ILGPU.Algorithms.XMath).Assembly, typeof(object).Assembly })
            Assert.That(keys, Has.All.Contains($"assembly {assembly.GetName().Name} ").And.All.Contains(assembly.ManifestModule.ModuleVersionId.ToString("N")));
        Assert.That(keys, Has.All.Contains(generic[0].GetGenericArguments()[0].FullName!).And.None.Contains("\n\n"));
        using var again = KernelText.Backend(CudaArchitecture.SM_90);
        Assert.That(KernelKey.Of(again, "", generic[0], bounds), Is.EqualTo(keys[0]));
    }

    private const int Fillers = 4;

    // Compiled and from the disk.
    private static (int, int) Start()
    {
        using var device = Devices.Open(OpenCL);
        Use(device);
        return (device.KernelStatistics.Compiled, device.KernelStatistics.FromDisk);
    }

    // The kernels of memory operations: the smallest class of kernels.
    private static void Use(Device device)
    {
        var (a, b) = (device.NewKept<float>(new(3), [1f, 2f, 3f]), device.NewKept(new(3)));
        device.Fill(b, 4);
        device.Accumulate(a, b);
        Assert.That(a.ToFloats(), Is.EqualTo(new[] { 5f, 6f, 7f }));
        Assert.That(device.KernelStatistics.Count, Is.EqualTo(Fillers));
    }

    // Errors against the reference, to the last bit: they are functions of all that the kernels wrote.
    private static string[] Errors(Device device) => (
        from spec in LpcEngine.Kernels.Operations.All
        from precision in spec.Precisions("opencl")
        from declared in spec.Cases.Where(declared => declared.Toy) // the large ones have the same kernels, and their references take a minute
        from deviation in Agreement.Check(device, precision, spec, declared)
        select $"{spec.Name} {precision} {declared.Label} {deviation.What} {deviation.Error:r}").ToArray();

    private string[] Files(string name) => Directory.GetFiles(folder[name], "*", SearchOption.AllDirectories).Order().ToArray();

    private static void Change(string file, Action<byte[]> change)
    {
        var bytes = File.ReadAllBytes(file);
        change(bytes);
        File.WriteAllBytes(file, bytes);
    }

    // With a checksum that fits.
    private static void Rewrite(string file, Func<string, string> change)
    {
        var text = File.ReadAllText(file);
        var body = text[(text.IndexOf('\n') + 1)..];
        var (old, changed) = (Digest(body), change(body));
        Assert.That(text, Does.Contain(old));
        Assert.That(changed, Is.Not.EqualTo(body));
        File.WriteAllText(file, text[..text.IndexOf('\n')].Replace(old, Digest(changed)) + "\n" + changed);
    }

    private static string Digest(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static string OpenCL
    {
        get
        {
            var name = TestDevices.Names.FirstOrDefault(name => name.StartsWith("opencl", StringComparison.Ordinal));
            if (name is null) Assert.Ignore("this machine has no OpenCL device");
            return name!;
        }
    }
}
