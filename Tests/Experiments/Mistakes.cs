using System.Text.RegularExpressions;

namespace LpcEngine.Tests.Experiments;

/// <summary>
/// The likeliest mistakes, as they are typed, and what the program answers to each: one line on standard error that says what is wrong and what would
/// be right, exit code 2, and no file that was not there before.
/// </summary>
public sealed class Mistakes
{
    private const string Variants = "lpc, lpc-wide, lpc-narrow, lpc-scl, lpc-nopen, linpen, nonlinpen, scl, arcface, cosface, nopen";
    private const string Sets = "cifar10, cifar100, mnist, fashion-mnist, synthetic10, synthetic100, folder:PATH or tensors:FILE.safetensors";
    private const string Layout = "train/CLASS/*.png (or jpg, jpeg, bmp, webp) and test/CLASS/*.png";

    private TemporaryFolder folder = null!;
    private string before = "";

    [SetUp]
    public void MakeFolder()
    {
        folder = new TemporaryFolder();
        before = Environment.CurrentDirectory;
        Environment.CurrentDirectory = folder.Path;
        Directory.CreateDirectory("empty");
        File.WriteAllText("file", "");
        File.WriteAllText("zero.png", "");
        File.WriteAllText("text.png", "hello");
        var writer = new SafeTensorsWriter();
        writer.Add("x", [1], new float[1]);
        writer.Write("other.safetensors");
    }

    [TearDown]
    public void RemoveFolder()
    {
        Environment.CurrentDirectory = before;
        folder.Dispose();
    }

    // "…" stands for anything.
    private static IEnumerable<TestCaseData> Lines() => new (string Typed, string Answer)[]
    {
        // The names of things.
        ("cifar10 lpc-narow", $"Unknown variant 'lpc-narow'; known are {Variants}. Did you mean 'lpc-narrow'?"),
        ("cifar9 lpc", $"Unknown data set 'cifar9'. Known: {Sets}. Did you mean 'cifar10'?"),
        ("synthetic lpc", $"Unknown data set 'synthetic'. Known: {Sets}. Did you mean 'synthetic10'?"),
        ("imagenet lpc", $"Unknown data set 'imagenet'. Known: {Sets}."),
        ("synthetic10 resnet18", $"Unknown variant 'resnet18'; known are {Variants}."),
        ("synthetic10", $"Which variant on synthetic10? Known are {Variants}; for example: synthetic10 lpc-narrow."),
        ("trian synthetic10 lpc", $"'trian' is neither a command (train, sweep, …) nor a data set ({Sets}). Did you mean 'train'?"),
        ("swep synthetic10", $"'swep' is neither a command (train, sweep, …) nor a data set ({Sets}). Did you mean 'sweep'?"),
        ("--width 3 devices", "The command 'devices' must be the first word."),
        ("synthetic10 lpc --preset quik", "Unknown preset 'quik'; known are paper, may2025, head2025, quick. Did you mean 'quick'?"),
        ("synthetic10 lpc --preset quick --backbone resnet19", "Unknown backbone 'resnet19'; known are resnet18, …, any wrn-D-W with D = 6·n + 4. Did you mean 'resnet18'…?"),
        ("synthetic10 lpc --preset quick --backbone wrn-27-10", "Unknown backbone 'wrn-27-10'; known are …, any wrn-D-W with D = 6·n + 4. Did you mean 'wrn-28-10'?"),
        ("synthetic10 lpc --preset quick --device emulater", "Unknown device 'emulater'; known are auto, cpu, cuda, cuda:i, opencl, opencl:i and emulator. Did you mean 'emulator'?"),
        ("synthetic10 lpc --preset quick --device cpu:1", "Unknown device 'cpu:1'; known are auto, cpu, cuda, cuda:i, opencl, opencl:i and emulator.…"),
        ("synthetic10 lpc --preset quick --device opencl:77", "Device 'opencl:77' is not there: this machine has …; 'cpu' runs everywhere."),
        ("synthetic10 lpc --preset quick --precision fp16", "--precision fp16: must be fp32, tf32 or bf16."),
        ("synthetic10 lpc --preset quick --precision bf16 --device cpu", "Conv2d: no kernel for device 'cpu' at precision bf16; fp32 runs on every device."),
        ("synthetic10 lpc --preset quick --augment flip", "--augment flip: must be standard or none."),
        ("completion tcsh", "Unknown shell 'tcsh'; known are bash, zsh, fish.…"),

        // Options.
        ("synthetic10 lpc --epoch 3", "Unknown option '--epoch'. Did you mean '--epochs'? 'train --help' lists the options."),
        ("synthetic10 lpc --widht=3", "Unknown option '--widht'. Did you mean '--width'? 'train --help' lists the options."),
        ("synthetic10 lpc --nonsense", "Unknown option '--nonsense'. 'train --help' lists the options."),
        ("devices --mesure", "Unknown option '--mesure'. Did you mean '--measure'? 'devices --help' lists the options."),
        ("synthetic10 lpc --learning-rate 0.1", "Unknown option '--learning-rate'; here it is called --lr."),
        ("synthetic10 lpc --batch-size 32", "Unknown option '--batch-size'; here it is called --batch."),
        ("synthetic10 lpc --gpu", "Unknown option '--gpu'; here it is called --device."),
        ("synthetic10 lpc --resume", "There is no option --resume: the same command again goes on where it stopped."),
        ("synthetic10 lpc --lrs 1e-3", "--lrs is an option of 'sweep', not of 'train'. Did you mean '--lr'?"),
        ("synthetic10 lpc --jobs 2", "--jobs is an option of 'sweep', not of 'train'."),
        ("sweep synthetic10 --lr 1e-3", "--lr is an option of 'train', not of 'sweep'. Did you mean '--lrs'?"),
        ("evaluate empty --epochs 3", "--epochs is an option of 'train' and 'sweep', not of 'evaluate'."),
        ("synthetic10 lpc --epochs", "--epochs needs a value."),
        ("synthetic10 lpc --preset", "--preset needs a value, such as paper."),
        ("synthetic10 lpc --epochs --batch 3", "--epochs needs a value, but --batch follows it."),
        ("synthetic10 lpc --out --json", "--out needs a value…"),
        ("synthetic10 lpc --lr 1e-3 2e-3", "'2e-3' is one word too many: 'train' takes <dataset> <variant> and options."),
        ("synthetic10 lpc --lr 1e-3 --lr 2e-3", "--lr is there 2 times; give it once."),
        ("synthetic10 lpc --json=maybe", "'maybe' is one word too many: 'train' takes <dataset> <variant> and options."),
        ("--presets quick synthetic10 lpc", "Unknown option '--presets'. Did you mean '--preset'? 'train --help' lists the options."),

        // Numbers.
        ("synthetic10 lpc --preset quick --epochs -3", "--epochs -3: must be at least 1."),
        ("synthetic10 lpc --epochs 1.5", "--epochs 1.5: must be a whole number, such as 100, and not too large."),
        ("synthetic10 lpc --lr abc", "--lr abc: must be a number, such as 0.001."),
        ("synthetic10 lpc --lr 0,1", "--lr 0,1: must be a number, such as 0.001."),
        ("synthetic10 lpc --preset quick --batch 0", "--batch 0: must be at least 1."),
        ("synthetic10 lpc --preset quick --classes 1", "synthetic10 has 10 classes, not 1; leave --classes out (it is for tensors: files)."),
        ("synthetic10 lpc --preset quick --penultimate 0", "--penultimate 0: …at least 1."),
        ("synthetic10 nopen --preset quick --penultimate 2", "--penultimate 2: the variant nopen has no penultimate layer; leave it out."),
        ("synthetic10 lpc --threads 0", "--threads 0: must be from 1 to 1024."),
        ("synthetic10 lpc --threads 10000", "--threads 10000: must be from 1 to 1024."),
        ("synthetic10 lpc --preset quick --train-size 0", "--train-size 0: must be at least 1."),
        ("synthetic10 lpc --preset quick --gamma-start nan", "--gamma-start NaN: must be a finite number, not negative."),
        ("synthetic10 lpc --seed 99999999999999999999", "--seed 99999999999999999999: must be a whole number, such as 100, and not too large."),
        ("synthetic10 lpc --pgd-l2 0", "--pgd-l2 0: must be numbers above 0 or fractions, each once, with commas in between, such as …."),
        ("synthetic10 lpc --preset quick --image-size 64", "--image-size 64: synthetic10 has images of a size of its own; leave it out (it is for folder:)."),
        ("synthetic10 lpc --preset quick --scale-max 3", "--scale-max: the variant lpc has no margin; arcface and cosface have. Leave it out."),

        // Files and folders.
        ("synthetic10 lpc --preset quick --device cpu --out file", "Cannot write file: it is a file, not a folder; choose another folder."),
        ("synthetic10 lpc --preset quick --device cpu --out file/run", "Cannot write file/run: …file is a file, not a folder; choose another folder."),
        ("cifar10 lpc --device cpu --data-dir zero.png", "--data-dir zero.png is a file; give the folder that it lies in."),
        ("synthetic10 lpc --preset quick --device cpu --init none.safetensors", "There is no file none.safetensors. Give the path of an existing .safetensors file."),
        ("synthetic10 lpc --preset quick --device cpu --init empty", "empty is a folder. Give the path of an existing .safetensors file."),
        ("synthetic10 lpc --preset quick --device cpu --init zero.png", "zero.png is not a sound safetensors file: it has 0 bytes, too few for a header. Write or download it again."),
        ("folder: lpc", "folder: needs a folder, for example folder:images."),
        ("folder:none lpc", $"There is no folder none; folder: takes one that holds {Layout}."),
        ("folder:file lpc", $"file is a file; folder: takes a folder that holds {Layout}. Unpack an archive first."),
        ("folder:empty lpc", $"empty has no folder train; it must hold {Layout}. It is empty."),
        ("tensors: lpc", "tensors: needs a file, for example tensors:images.safetensors."),
        ("tensors:none.safetensors lpc", "There is no file none.safetensors. Give the path of an existing .safetensors file."),
        ("tensors:empty lpc", "empty is a folder. Give the path of an existing .safetensors file."),
        ("tensors:other.safetensors lpc", "other.safetensors has no tensor 'images'; it has …."),

        // The other commands.
        ("sweep", "'sweep' needs <dataset>: …."),
        ("sweep synthetic10 lpc", "'lpc' is one word too many: 'sweep' takes <dataset> and options."),
        ("sweep cifar11 --status", $"Unknown data set 'cifar11'. Known: {Sets}. Did you mean 'cifar10'?"),
        ("sweep cifar10 --status --train-size 0", "--train-size 0: must be at least 1."),
        ("sweep cifar10 --status --classes 3", "cifar10 has 10 classes, not 3; leave --classes out (it is for tensors: files)."),
        ("sweep synthetic10 --jobs 0", "--jobs 0: must be from 1 to 256."),
        ("sweep synthetic10 --variants lpc,lpc-wyde", $"Unknown variant 'lpc-wyde'; known are {Variants}. Did you mean 'lpc-wide'?"),
        ("sweep synthetic10 --variants lpc,,scl", "--variants lpc,,scl: an item between two commas is empty."),
        ("sweep synthetic10 --lrs 1e-3,x", "--lrs: 'x' must be a finite number above 0, such as 1e-4."),
        ("sweep synthetic10 --seeds 0", "--seeds 0: must be a count from 1 to 10000, …."),
        ("sweep synthetic10 --slurm-time 3", "--slurm-time means nothing without --slurm."),
        ("evaluate", "'evaluate' needs <run>: a run folder."),
        ("evaluate none", "There is no folder none; give the folder of a run."),
        ("evaluate empty", "empty has neither checkpoint.safetensors nor model.safetensors: is it the folder of a run that has begun?"),
        ("predict", "'predict' needs <model>: a run folder, or a model.safetensors."),
        ("predict empty", "'predict' needs <images>: …."),
        ("predict empty zero.png", "empty has no model.safetensors: is it a run folder whose run has finished?"),
        ("predict none zero.png", "There is no file or folder none; give a run folder or a model.safetensors."),
        ("predict other.safetensors zero.png", "other.safetensors does not say which network it belongs to (…). Give the run folder instead, or start a run from it with --init."),
        ("metrics", "'metrics' needs <file>: …."),
        ("metrics none", "There is no file none. Give the path of an existing .safetensors file."),
        ("metrics empty", "empty is a folder. Give the path of an existing .safetensors file."),
        ("metrics other.safetensors", "other.safetensors has no tensor 'latents'; it has …."),
        ("metrics other.safetensors --neighbours 0", "--neighbours 0: must be at least 1."),
        ("report", "'report' needs <folder>: a folder with run folders in it or beneath it, such as runs."),
        ("report none", "report none: there is no such folder. Name one that holds run folders, such as 'runs'."),
        ("report empty", "report empty: there is no finished run in this folder or beneath it.…"),
        ("report empty --out x.pdf", "--out x.pdf: the name must end in .html, .md, .csv or .tex, which says what to write."),
        ("report empty --select best", "--select best: must be test or validation."),
        ("export empty", "export: say what to write, --onnx FILE or --safetensors FILE."),
        ("export none --onnx x", "There is no file or folder none; give a run folder, its checkpoint.safetensors or its model.safetensors."),
        ("export other.safetensors --onnx empty", "--onnx empty is a folder; give a file, for example empty…model.onnx."),
        ("data", "'data' needs one of list, get, check."),
        ("data chekc cifar10", "'chekc' is nothing that 'data' can do; known are list, get, check. Did you mean 'check'?"),
        ("data get", "'data get' needs <dataset>…."),
        ("data get cifar11", $"Unknown data set 'cifar11'. Known: {Sets}. Did you mean 'cifar10'?"),
        ("data get folder:empty", "folder:empty is your own; there is nothing to fetch. 'data check' verifies it."),
        ("data list extra", "'extra' is one word too many: 'data list' takes nothing but options."),
        ("demo --out x.jpg", "--out x.jpg: the picture is a PNG; give a name that ends in .png, for example demo.png."),
        ("demo --out empty", "--out empty is a folder; give a file, for example empty…demo.png."),
    }.Select(pair => new TestCaseData(pair.Typed, pair.Answer).SetArgDisplayNames(pair.Typed));

    [TestCaseSource(nameof(Lines))]
    public void One_line_says_what_is_wrong_and_what_would_be_right(string typed, string answer)
    {
        var there = Files();
        var line = Cli.Refuse(typed.Split(' '));
        Assert.That(line, Does.Match($"^{Regex.Escape(answer).Replace("…", ".*", StringComparison.Ordinal)}$"));
        Assert.That(line, Does.Not.Match(@"\p{Cc}|\.\.$|  "), "no control characters, no double punctuation");
        Assert.That(Files(), Is.EqualTo(there), "nothing written");
    }

    [Test]
    public void An_image_of_no_bytes_is_named()
    {
        Cli.Succeed("synthetic10", "nopen", "--preset", "quick", "--backbone", "mlp", "--width", "1", "--train-size", "2", "--test-size", "1", "--steps", "1", "--no-evaluate", "--device", "cpu", "--out", "run");
        Assert.That(Cli.Refuse("predict", "run", "zero.png"), Does.StartWith("zero.png is empty, not an image; "));
        Assert.That(Cli.Refuse("predict", "run", "text.png"), Does.StartWith("text.png is not an image that can be read; "));
        Assert.That(Cli.Refuse("predict", "run", "none.png"), Is.EqualTo("There is no image none.png."));
        Assert.That(Cli.Refuse("predict", "run", "zero.png", "--split", "tset"), Is.EqualTo("--split tset: must be train or test."));
    }

    private static string[] Files() => [.. Directory.EnumerateFileSystemEntries(".", "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
}
