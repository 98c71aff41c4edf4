namespace LpcEngine.Tests.Support;

/// <summary>The folder <c>shared</c> beside the repository, where real images may lie. Tests that need it are skipped without it.</summary>
internal static class SharedFolder
{
    /// <summary>The path of something in it; ends the test as skipped when it is not there.</summary>
    public static string Require(string relative)
    {
        for (var folder = new DirectoryInfo(TestContext.CurrentContext.TestDirectory); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, "shared", relative);
            if (File.Exists(path) || Directory.Exists(path))
            {
                return path;
            }
        }

        Assert.Ignore($"shared/{relative} is not beside the repository.");
        throw new InvalidOperationException("unreachable");
    }
}
