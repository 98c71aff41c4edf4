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
