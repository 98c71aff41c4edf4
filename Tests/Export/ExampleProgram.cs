using System.Reflection;

namespace LpcEngine.Tests.Export;

/// <summary>The example of a program of one's own learns what it is given.</summary>
public sealed class ExampleProgram
{
    [TestCaseSource(typeof(TestDevices), nameof(TestDevices.Names))]
    public void Two_spirals_are_told_apart(string device)
    {
        if (device == "emulator") Assert.Ignore("The emulator would take minutes.");
        var (before, output) = (Console.Out, new StringWriter());
        Console.SetOut(output);
        try { Assembly.Load("OwnData").EntryPoint!.Invoke(null, [new[] { device }]); }
        finally { Console.SetOut(before); }
        Assert.That(output.ToString(), Does.Contain("400 of 400 right"));
    }
}
