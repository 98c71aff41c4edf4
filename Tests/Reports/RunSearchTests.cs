using System.Diagnostics;
using System.Net.Sockets;
using LpcEngine.Experiments.Reports;
using LpcEngine.Experiments.Runs;

namespace LpcEngine.Tests.Reports;

/// <summary>Looking for runs among links, pipes and folders that nobody may read.</summary>
public sealed class RunSearchTests
{
    private TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder()
    {
        if (OperatingSystem.IsWindows()) Assert.Ignore("needs links, pipes and permissions as Unix has them");
        folder = new TemporaryFolder();
    }

    [TearDown]
    public void RemoveFolder() => folder?.Dispose();

    [Test]
    public void Runs_lie_at_any_depth_and_hidden_folders_are_left_alone()
    {
        foreach (var path in (string[])["runs", "runs/b", "runs/a/x/y", "runs/a/x/z", "runs/.hidden/c"]) Run(path);
        Folder("runs/empty");
        var search = new RunSearch(folder["runs"]);
        Assert.That(search.Folders, Is.EqualTo(Paths("runs", "runs/a/x/y", "runs/a/x/z", "runs/b")));
        Assert.That(search.Skipped, Is.Empty);
    }

    [Test]
    public void Links_in_circles_and_to_nowhere_cost_a_line_each_and_no_run_counts_twice()
    {
        Run("runs/a/run");
        Folder("runs/b");
        Link("runs/a/again", "../a/run");
        Link("runs/a/up", "..");
        Link("runs/b/above", folder.Path);
        Link("runs/b/nowhere", "nothing/here");
        Link("runs/b/first", "second");
        Link("runs/b/second", "first");
        Link("runs/b/self", "self");
        var search = Within(() => new RunSearch(folder["runs"]));
        Assert.That(search.Folders, Is.EqualTo(Paths("runs/a/run")));
        Assert.That(search.Skipped.Select(line => line[..line.IndexOf(": ", StringComparison.Ordinal)]),
            Is.EquivalentTo(Paths("runs/a/again", "runs/a/up", "runs/b/above", "runs/b/nowhere", "runs/b/first", "runs/b/second", "runs/b/self")));
        Assert.That(search.Skipped, Has.Some.Contains("already").And.Some.Contains("above what was to be searched").And.Some.Contains("leads nowhere"));
    }

    [Test]
    public void Links_to_runs_elsewhere_are_followed_whatever_they_pass_through()
    {
        Run("disk/grid/run");
        Run("disk/other");
        Folder("runs/sub");
        Link("runs/grid", "sub/../../door/grid");
        Link("door", folder["disk"]);
        File.Copy(folder["disk/other/config.json"], folder["disk/plain.json"]);
        Folder("runs/linked");
        Link("runs/linked/config.json", "../../disk/plain.json");
        Link("entrance", "runs");
        var search = new RunSearch(folder["entrance"]);
        Assert.That(search.Folders, Is.EqualTo(Paths("entrance/grid/run", "entrance/linked")), "a run whose configuration is a link is one, too");
        Assert.That(search.Skipped, Is.Empty);
        Assert.That(RealPath.Of(folder["runs/grid/run"]), Is.EqualTo(RealPath.Of(folder["disk/grid/run"])));
    }

    [Test]
    public void What_lies_too_deep_or_may_not_be_read_costs_a_line()
    {
        if (OperatingSystem.IsWindows()) return;
        Run("runs/run");
        Folder("runs/" + string.Join('/', Enumerable.Repeat("deep", 14)));
        Folder("runs/locked");
        File.SetUnixFileMode(folder["runs/locked"], UnixFileMode.None);
        try
        {
            var search = new RunSearch(folder["runs"]);
            Assert.That(search.Folders, Is.EqualTo(Paths("runs/run")));
            Assert.That(search.Skipped, Has.One.Contains("more than 12 folders"));
            if (Environment.IsPrivilegedProcess) Assert.Ignore("nothing is locked to this user");
            Assert.That(search.Skipped, Has.One.Contains(folder["runs/locked"] + ": cannot be read"));
        }
        finally
        {
            File.SetUnixFileMode(folder["runs/locked"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [TestCase("config.json")]
    [TestCase("summary.json")]
    [TestCase("metrics.jsonl")]
    public void A_pipe_a_socket_and_a_device_in_a_files_place_are_never_waited_for(string name)
    {
        Folder("run");
        var path = folder[$"run/{name}"];
        Process.Start("mkfifo", [path]).WaitForExit();
        Refused("a pipe");
        using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            socket.Bind(new UnixDomainSocketEndPoint(path));
            Refused("a socket");
        }
        Link($"run/{name}", "/dev/zero");
        Refused("a device");
        Link($"run/{name}", "nowhere");
        Refused("a link to nowhere");

        void Refused(string what)
        {
            if (name == "metrics.jsonl") Assert.That(Within(() => MetricsLog.Read(path)), Is.Empty, what);
            else Assert.That(Within(() => Assert.Throws<UserErrorException>(() => RunFolder.ReadJson(path)))!.Message, Does.Contain(path), what);
            File.Delete(path);
        }
    }

    // What hangs fails, rather than holding up all tests.
    private static T Within<T>(Func<T> work)
    {
        var task = Task.Run(work);
        return task.Wait(TimeSpan.FromSeconds(60)) ? task.Result : throw new AssertionException("it hangs");
    }

    private void Folder(string path) => Directory.CreateDirectory(folder[path]);

    private void Link(string path, string target) => File.CreateSymbolicLink(folder[path], target);

    private void Run(string path)
    {
        Folder(path);
        File.WriteAllText(folder[path + "/config.json"], "{}");
    }

    private string[] Paths(params string[] paths) => [.. paths.Select(path => folder[path])];
}
