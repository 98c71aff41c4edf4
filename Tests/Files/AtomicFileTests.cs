using LpcEngine.Engine;
using LpcEngine.Tests.Support;

namespace LpcEngine.Tests.Files;

internal sealed class AtomicFileTests
{
    [Test]
    public void A_failed_write_leaves_the_old_file_and_nothing_else()
    {
        using var folder = new TemporaryFolder();
        AtomicFile.WriteText(folder["a.txt"], "old");
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(folder["a.txt"], stream =>
        {
            stream.Write("half of the n"u8);
            throw new InvalidOperationException("stopped");
        }));
        Assert.That(File.ReadAllText(folder["a.txt"]), Is.EqualTo("old"));
        Assert.That(Directory.GetFiles(folder.Path), Has.Length.EqualTo(1));
    }

    [Test]
    public void A_write_replaces_the_file_and_what_a_kill_left_behind()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["a.txt"], "old");
        File.WriteAllText(folder["a.txt.tmp"], "left by a killed process, and longer than the new text");
        AtomicFile.WriteText(folder["a.txt"], "new");
        Assert.That(File.ReadAllText(folder["a.txt"]), Is.EqualTo("new"));
        Assert.That(Directory.GetFiles(folder.Path), Has.Length.EqualTo(1));
    }

    [Test]
    public void Leftovers_go_and_the_temporary_file_of_a_living_writer_stays()
    {
        using var folder = new TemporaryFolder();
        foreach (var name in new[] { "a.txt.1-1.tmp", "a.txt.999999-12.tmp", "a.txt.tmp", "a.txt.notes.tmp", "b.txt.1-1.tmp" }) File.WriteAllText(folder[name], name);
        AtomicFile.Write(folder["a.txt"], stream =>
        {
            stream.Write("outer"u8);
            stream.Flush();
            var own = Directory.GetFiles(folder.Path, $"a.txt.{Environment.ProcessId}-*.tmp");
            Assert.That(own, Has.Length.EqualTo(1));
            // Another process writes the same file meanwhile and finds the first one's half.
            AtomicFile.WriteText(folder["a.txt"], "inner, and longer");
            Assert.That(File.ReadAllText(folder["a.txt"]), Is.EqualTo("inner, and longer"));
            Assert.That(own[0], Does.Exist);
        });
        Assert.That(File.ReadAllText(folder["a.txt"]), Is.EqualTo("outer"));
        Assert.That(Directory.GetFiles(folder.Path).Select(Path.GetFileName), Is.EquivalentTo(new[] { "a.txt", "a.txt.notes.tmp", "b.txt.1-1.tmp" }));
    }

    [Test]
    public void What_kills_left_of_any_file_in_a_folder_can_be_removed_while_somebody_writes_there()
    {
        using var folder = new TemporaryFolder();
        foreach (var name in new[] { "a.txt.1-1.tmp", "b.tar.gz.999999-12.tmp", "notes.tmp", "a.txt.notes.tmp", "a.txt.tmp", "1-1.tmp", "c.txt" }) File.WriteAllText(folder[name], name);
        AtomicFile.Write(folder["a.txt"], stream =>
        {
            stream.Write("living"u8);
            File.WriteAllText(folder["d.txt.1-1.tmp"], "left");
            AtomicFile.RemoveLeftovers(folder.Path);
        });
        Assert.That(File.ReadAllText(folder["a.txt"]), Is.EqualTo("living"));
        // What older versions left of a.txt went with its write; files with no such name may be the user's.
        Assert.That(Directory.GetFiles(folder.Path).Select(Path.GetFileName), Is.EquivalentTo(new[] { "a.txt", "c.txt", "notes.tmp", "a.txt.notes.tmp", "1-1.tmp" }));
        Assert.That(() => AtomicFile.RemoveLeftovers(folder["none"]), Throws.Nothing);
    }

    [Test]
    public void A_file_system_that_became_read_only_is_told_like_a_folder_that_may_not_be_written()
    {
        const int ReadOnlySystem = 30; // EROFS
        Assert.That(AtomicFile.CannotWrite("a.txt", new IOException("Read-only file system", ReadOnlySystem)).Message, Is.EqualTo(AtomicFile.CannotWrite("a.txt", new UnauthorizedAccessException()).Message));
    }

    [Test]
    public void Many_writers_at_once_leave_one_whole_file()
    {
        using var folder = new TemporaryFolder();
        Parallel.For(0, 400, i => AtomicFile.WriteText(folder["a.txt"], new string((char)('a' + i % 26), 5_000)));
        var text = File.ReadAllText(folder["a.txt"]);
        Assert.That(text, Has.Length.EqualTo(5_000));
        Assert.That(text.Distinct().Count(), Is.EqualTo(1));
        Assert.That(Directory.GetFiles(folder.Path), Has.Length.EqualTo(1));
    }

    [Test]
    public void No_path_is_the_users_error_and_the_cause_is_kept()
    {
        UserErrors.Expect(() => AtomicFile.WriteText("", "x"), "path");
        UserErrors.Expect(() => AtomicFile.WriteText("a\0b", "x"), "path");
        UserErrors.Expect(() => AtomicFile.CreateFolder(""), "path");
        using var folder = new TemporaryFolder();
        var problem = Assert.Throws<UserErrorException>(() => AtomicFile.WriteText(folder["no/a.txt"], "x"));
        Assert.That(problem!.InnerException, Is.InstanceOf<IOException>());
        Assert.That(problem.Message, Does.Contain("does not exist").And.Not.Contain("cannot be created"));
    }

    [Test]
    public void A_full_disk_is_told_in_one_line()
    {
        if (!File.Exists("/dev/full"))
        {
            Assert.Ignore("This system has no /dev/full.");
        }

        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["a.txt"], "old");
        UserErrors.Expect(
            () => AtomicFile.Write(folder["a.txt"], _ =>
            {
                using var full = new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 0);
                full.Write("x"u8);
            }),
            folder["a.txt"], "disk is full");
        Assert.That(File.ReadAllText(folder["a.txt"]), Is.EqualTo("old"));
    }

    [Test]
    public void A_folder_that_cannot_be_is_told_in_one_line()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["file"], "");
        UserErrors.Expect(() => AtomicFile.WriteText(folder["no/such/a.txt"], "x"), "a.txt", "choose another folder");
        UserErrors.Expect(() => AtomicFile.CreateFolder(folder["file/below"]), "below");
        if (Directory.Exists("/proc/1"))
        {
            UserErrors.Expect(() => AtomicFile.CreateFolder("/proc/lpc"), "/proc/lpc", "choose another folder");
        }
    }
}
