using LpcEngine.Engine;

namespace LpcEngine.Tests.Support;

/// <summary>Checks that a mistake of the user's is told in one line that names what matters.</summary>
internal static class UserErrors
{
    public static string Expect(Action action, params string[] words)
    {
        string message = Assert.Catch<UserErrorException>(() => action())!.Message;
        Assert.That(message, Does.Not.Contain("\n"), "one line");
        foreach (string word in words)
        {
            Assert.That(message, Does.Contain(word));
        }

        return message;
    }
}
