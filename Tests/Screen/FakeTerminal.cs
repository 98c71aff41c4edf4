using System.Text;
using Spectre.Console;

namespace LpcEngine.Tests.Screen;

/// <summary>A terminal of a given width that remembers what was written.</summary>
internal sealed class FakeTerminal(int width) : IAnsiConsoleOutput
{
    private readonly StringWriter text = new();

    /// <summary>Colours that it has.</summary>
    public ColorSystemSupport Colours { get; init; } = ColorSystemSupport.Detect;

    public string Text => text.ToString();

    public TextWriter Writer => text;

    public bool IsTerminal => true;

    public int Width { get; set; } = width;

    public int Height { get; init; } = 24;

    public void SetEncoding(Encoding encoding)
    {
    }

    /// <summary>A console on it.</summary>
    public IAnsiConsole Console() => AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.Yes, Interactive = InteractionSupport.No, Out = this, ColorSystem = Colours });
}
