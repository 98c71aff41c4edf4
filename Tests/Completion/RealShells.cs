using LpcEngine.Experiments.Completion;
using LpcEngine.Tests.Experiments;

namespace LpcEngine.Tests.Completion;

/// <summary>The shells themselves, with the scripts that <c>completion</c> prints: keys go in at a terminal, and what counts is the words that a command gets.</summary>
public sealed class RealShells
{
    // The keys before Enter, ⇥ for Tab, and the words of the command.
    private static readonly (string Keys, string Words)[] InAnyShell =
    [
        ("probe cifar10 lpc-na⇥", "[cifar10][lpc-narrow]"),
        ("probe swe⇥cifar100 --variants lpc,lpc-w⇥", "[sweep][cifar100][--variants][lpc,lpc-wide]"),
        ("probe sweep cifar10 --variants=scl,arc⇥", "[sweep][cifar10][--variants=scl,arcface]"),
        ("probe cifar10 lpc --preset=qu⇥ --dev⇥open⇥", "[cifar10][lpc][--preset=quick][--device][opencl]"),
        ("probe --preset qu⇥ fash⇥", "[--preset][quick][fashion-mnist]"),
        ("probe cifar10 lpc --epochs ⇥", "[cifar10][lpc][--epochs]"),
        ("probe tensors:my⇥/a⇥ lpc", "[tensors:my dir/a file.safetensors][lpc]"),
        ("probe fol⇥my⇥/s⇥/ lpc", "[folder:my dir/sub/][lpc]"),
        ("probe predict my⇥/a⇥ d⇥", "[predict][my dir/a file.safetensors][d og.png]"),
        ("probe predict x it⇥", "[predict][x][it's.png]"),
        ("probe predict x cat⇥", "[predict][x][cat.png]"),
        ("probe cifar10 lpc --init my⇥/a⇥", "[cifar10][lpc][--init][my dir/a file.safetensors]"),
        ("probe cifar10 lpc --init=my⇥/a⇥", "[cifar10][lpc][--init=my dir/a file.safetensors]"),
        ("probe 'cifar10' \"lpc\" --aug⇥no⇥", "[cifar10][lpc][--augment][none]"),
        ("true; probe cifar10 arc⇥ | cat", "[cifar10][arcface]"),
        ("probe ta⇥", "[ta]"),
        ("probe completion zs⇥", "[completion][zsh]"),
    ];

    [Test]
    public void Bash_completes_what_is_typed()
    {
        (string Keys, string Words)[] more =
        [
            ("probe \"folder:my⇥sub⇥ lpc", "[folder:my dir/sub/][lpc]"),
            ("probe train cifar10 lp\"c-na⇥", "[train][cifar10][lpc-narrow]"),
            ("LPC_DATA=x probe cifar10 cos⇥", "[cifar10][cosface]"),
            // Some have taken these characters out.
            ("COMP_WORDBREAKS=${COMP_WORDBREAKS//[:=]/}; probe", "[]"),
            ("probe --preset=qu⇥ synthetic100", "[--preset=quick][synthetic100]"),
            ("probe cifar10 lpc --init=my⇥a⇥", "[cifar10][lpc][--init=my dir/a file.safetensors]"),
            ("probe tensors:my⇥a⇥ lpc", "[tensors:my dir/a file.safetensors][lpc]"),
        ];
        // A folder's name comes with its slash here.
        var any = InAnyShell.Select(pair => (pair.Keys.Replace("⇥/", "⇥"), pair.Words));
        Check("bash", "bash --noprofile --rcfile '@START@' -i", ("bashrc", ""), [.. any, .. more]);
    }

    [Test]
    public void Zsh_completes_what_is_typed() => Check("zsh", "zsh -i", (".zshrc", "autoload -Uz compinit; compinit -D -u"), [.. InAnyShell, ("probe 'folder:my⇥/s⇥' lpc", "[folder:my dir/sub/][lpc]")]);

    /// <summary>fish completes a line that it is given; its own escapes come when the line is edited.</summary>
    [TestCase("probe cifar10 lpc-n", "lpc-narrow|lpc-nopen")]
    [TestCase("probe swe", "sweep")]
    [TestCase("probe sweep cifar100 --variants lpc,lpc-w", "lpc,lpc-wide")]
    [TestCase("probe cifar10 lpc --preset=q", "--preset=quick")]
    [TestCase("probe cifar10 lpc --dev", "--device")]
    [TestCase("probe cifar10 lpc --epochs ", "")]
    [TestCase("probe fol", "folder:")]
    [TestCase("probe folder:my", "folder:my dir/")]
    [TestCase("probe 'folder:my d", "folder:my dir/")]
    [TestCase("probe tensors:my\\ dir/a", "tensors:my dir/a file.safetensors")]
    [TestCase("probe evaluate ", "my dir/")]
    [TestCase("probe evaluate c", "")]
    [TestCase("probe predict x ca", "cat.png")]
    [TestCase("probe predict x it", "it's.png")]
    [TestCase("probe cifar10 lpc --init='my dir/a", "--init=my dir/a file.safetensors")]
    public void Fish_completes_what_is_typed(string line, string expected)
    {
        var fish = Shells.Need("fish");
        using var shells = new Shells("fish");
        var (code, output, error) = shells.Run(fish, "--no-config", "-c", "source $argv[1]; complete -C $argv[2]", "--", shells.Script, line);
        Assert.That((code, error), Is.EqualTo((0, "")));
        Assert.That(string.Join('|', output.TrimEnd('\n').Split('\n').Select(offer => offer.Split('\t')[0])), Is.EqualTo(expected));
    }

    [TestCase("bash", "-n")]
    [TestCase("zsh", "-n")]
    [TestCase("fish", "-n")]
    public void A_script_is_what_its_shell_can_read(string shell, string check)
    {
        var path = Shells.Need(shell);
        using var shells = new Shells(shell);
        Assert.That(shells.Run(path, check, shells.Script), Is.EqualTo((0, "", "")));
    }

    [Test]
    public void Zsh_takes_the_script_as_a_file_of_its_fpath_too()
    {
        var zsh = Shells.Need("zsh");
        using var shells = new Shells("zsh");
        var (code, output, error) = shells.Run(zsh, "-f", "-c", "mkdir f; cp $1 f/_probe; fpath=($PWD/f $fpath); autoload -Uz compinit; compinit -D -u; print $_comps[probe]", "zsh", shells.Script);
        Assert.That((code, output.Trim(), error), Is.EqualTo((0, "_probe", "")));
    }

    [Test]
    public void A_script_says_how_to_install_it_and_is_for_the_name_that_is_asked_for()
    {
        foreach (var shell in CompletionScript.Shells)
        {
            Assert.That(Cli.Succeed("completion", shell, "--name", "lpc-engine").Split('\n').Take(3), Has.Some.StartsWith("#").And.Some.Contains($"lpc-engine completion {shell} --name lpc-engine"));
            Assert.That(Cli.Succeed("completion", shell), Does.Contain("complet").And.Contain(" Experiments").And.Not.Contain('@' + "NAME"));
        }
        Assert.That(Cli.Refuse("completion", "tcsh"), Does.Contain("tcsh").And.Contain("fish"));
        Assert.That(Cli.Refuse("completion", "bash", "--name", "a b; rm"), Does.Contain("--name"));
    }

    private static void Check(string name, string command, (string File, string Text) start, (string Keys, string Words)[] cases)
    {
        Shells.Need(name);
        using var shells = new Shells(name);
        var said = shells.Type(command, start, cases.Select(pair => pair.Keys.Replace('⇥', '\t')));
        Assert.That(said, Is.EqualTo(cases.Select(pair => pair.Words)));
    }
}
