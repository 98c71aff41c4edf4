using System.CommandLine;
using LpcEngine.Experiments.Completion;
using LpcEngine.Experiments.Data;
using LpcEngine.Experiments.Training;
using LpcEngine.Models;
using static LpcEngine.Experiments.Commands.SharedOptions;

namespace LpcEngine.Experiments.Commands;

/// <summary>The options of training, defined once: a single run has all of them, a sweep most.</summary>
internal sealed class TrainingOptions
{
    private readonly Option<string?> preset = Text("--preset", string.Join("; ", Preset.All.Select(known => $"{known.Name}: {known.Summary}")),
        Offers.Words(Preset.All.Select(known => (known.Name, known.Summary))));
    private readonly Option<string?> backbone = Text("--backbone", string.Join(", ", BackboneSpec.Names) + "; any wrn-D-W with D = 6·n + 4", Offers.Words(BackboneSpec.Names));
    private readonly Option<int?> width = Number<int>("--width", "scale of all channels: 64 is each network as published (a ResNet's first stage has so many channels, the stem of wrn-D-W a quarter)");
    private readonly Option<int?> penultimate = Number<int>("--penultimate", "width of the penultimate layer (default: the variant's)");
    private readonly Option<int?> classes = Number<int>("--classes", "number of classes, for tensors: files (default: from the data)");
    private readonly Option<int?> epochs = Number<int>("--epochs", "length of the run");
    private readonly Option<int?> batch = Number<int>("--batch", "images per step");
    private readonly Option<double?> rate = Number<double>("--lr", "base learning rate of AdamW");
    private readonly Option<int?> rateHold = Number<int>("--lr-hold", "epochs at the base rate, before it is reduced (the classifier's rate never is)");
    private readonly Option<int?> rateEvery = Number<int>("--lr-every", "epochs from one reduction to the next");
    private readonly Option<double?> rateFactor = Number<double>("--lr-factor", "what a reduction multiplies with; 1 for a constant rate");
    private readonly Option<double?> rateMinimum = Number<double>("--lr-min", "rate of the last epoch where it falls along a cosine (may2025, head2025)");
    private readonly Option<double?> weightDecay = Number<double>("--weight-decay", "decoupled weight decay, on all parameters");
    private readonly Option<long?> seed = Number<long>("--seed", "seed of weights, order and augmentation (default 1)");
    private readonly Option<double?> gammaStart = Number<double>("--gamma-start", "strength of the latent penalty in the first epochs");
    private readonly Option<int?> gammaHold = Number<int>("--gamma-hold", "epochs at that strength, before it grows");
    private readonly Option<double?> gammaFactor = Number<double>("--gamma-factor", "what each growth multiplies with");
    private readonly Option<int?> gammaEvery = Number<int>("--gamma-every", "epochs from one growth to the next");
    private readonly Option<double?> gammaMax = Number<double>("--gamma-max", "its maximum");
    private readonly Option<double?> scaleStart = Number<double>("--scale-start", "scale of arcface's and cosface's logits in the first epoch (default: arcface 16, cosface 32)");
    private readonly Option<double?> scaleStep = Number<double>("--scale-step", "its growth per epoch (arcface 1, cosface 0)");
    private readonly Option<double?> scaleMax = Number<double>("--scale-max", "its maximum (arcface 64, cosface 32)");
    private readonly Option<double?> marginStart = Number<double>("--margin-start", "their margin in the first epoch (arcface 0.1, cosface 0.25)");
    private readonly Option<double?> marginStep = Number<double>("--margin-step", "its growth per epoch (arcface 0.01, cosface 0)");
    private readonly Option<double?> marginMax = Number<double>("--margin-max", "its maximum (arcface 0.5, cosface 0.25)");
    private readonly Option<int?> trainSize = Number<int>("--train-size", "use the first n training images of each class");
    private readonly Option<int?> validationSize = Number<int>("--validation-size",
        "hold n training images of each class out, the last ones or those after --train-size, and evaluate on them as well (default: none)");
    private readonly Option<int?> testSize = Number<int>("--test-size", "use the first n test images of each class");
    private readonly Option<int?> imageSize = Number<int>("--image-size", $"side of the images of folder:, to which they are scaled (default {FolderData.StandardSide})");
    private readonly Option<string?> augment = Text("--augment", "standard (random crop, and flip where the class survives it) or none", Offers.Words(OptionWords.Augment));
    private readonly Option<string?> shuffle = Text("--shuffle", "epoch (a new order each epoch) or none", Offers.Words(OptionWords.Shuffle));
    private readonly Option<string?> init = Text("--init", "start from these weights (safetensors, PyTorch names)", Offers.Files);
    private readonly Option<int?> steps = Number<int>("--steps", "stop after n steps in all");
    private readonly Option<bool> logSteps = Flag("--log-steps", "write each step's losses to metrics.jsonl");
    private readonly Option<bool> tensorBoard = Flag("--tensorboard", "write what metrics.jsonl holds as TensorBoard's event file, too: tensorboard/ in the run folder");
    private readonly Option<int?> evaluateEvery = Number<int>("--eval-every", "epochs between two evaluations");
    private readonly Option<double?> checkpointEvery = Number<double>("--checkpoint-every", "seconds between two checkpoints (default: 15 at the end of an epoch, 60 within one)");
    private readonly Option<int?> deepFoolImages = Number<int>("--deepfool-images",
        "test images to attack with DeepFool at the end of the run; 0 for none (default: " + string.Join(", ", Preset.All.Select(known => $"{known.Name} {known.DeepFoolImages}"))
        + "; none where --steps ends a run early, nor on the emulator)");
    private readonly PgdArguments pgd = new(string.Join(", ", Preset.All.Select(known => $"{known.Name} {known.PgdImages}")) + "; none where --steps ends a run early, nor on the emulator");
    private readonly Option<bool> noEvaluate = Flag("--no-evaluate", "no evaluation at all");
    private readonly Option<bool> json = Flag("--json", "the summary as JSON on the last line");
    private readonly Option<bool> yes = Flag("--yes", "no questions");
    private readonly ScreenArguments screen = new();
    private readonly Option<string?> outFolder = Text("--out", "the run folder (default runs/<dataset>/<variant>/<name>)", Offers.Folders);
    private readonly Option<string?> device = Device(), precision = Precision(), dataDirectory = DataDirectory();
    private readonly Option<int?> threads = SharedOptions.Threads();

    /// <summary>All of them, in the order of the help text.</summary>
    public IReadOnlyList<Option> All =>
    [
        preset, backbone, width, penultimate, classes, epochs, batch, rate, rateHold, rateEvery, rateFactor, rateMinimum,
        weightDecay, seed, gammaStart, gammaHold, gammaEvery, gammaFactor, gammaMax, scaleStart, scaleStep, scaleMax,
        marginStart, marginStep, marginMax, trainSize, validationSize, testSize, imageSize, augment, shuffle, init, steps, logSteps, tensorBoard, evaluateEvery,
        checkpointEvery, deepFoolImages, .. pgd.All, noEvaluate, json, yes, .. screen.All, outFolder, device, threads, precision, dataDirectory,
    ];

    /// <summary>What a command line says; null where it says nothing.</summary>
    public TrainOptions Read(ParseResult parsed, string dataSetName, string variantName) => new()
    {
        DataSet = dataSetName,
        Variant = variantName,
        Preset = parsed.GetValue(preset),
        Backbone = parsed.GetValue(backbone),
        Width = parsed.GetValue(width),
        Penultimate = parsed.GetValue(penultimate),
        Classes = parsed.GetValue(classes),
        Epochs = parsed.GetValue(epochs),
        Batch = parsed.GetValue(batch),
        Rate = parsed.GetValue(rate),
        RateHold = parsed.GetValue(rateHold),
        RateEvery = parsed.GetValue(rateEvery),
        RateFactor = parsed.GetValue(rateFactor),
        RateMinimum = parsed.GetValue(rateMinimum),
        WeightDecay = parsed.GetValue(weightDecay),
        Seed = parsed.GetValue(seed),
        GammaStart = parsed.GetValue(gammaStart),
        GammaHold = parsed.GetValue(gammaHold),
        GammaEvery = parsed.GetValue(gammaEvery),
        GammaFactor = parsed.GetValue(gammaFactor),
        GammaMax = parsed.GetValue(gammaMax),
        ScaleStart = parsed.GetValue(scaleStart),
        ScaleStep = parsed.GetValue(scaleStep),
        ScaleMax = parsed.GetValue(scaleMax),
        MarginStart = parsed.GetValue(marginStart),
        MarginStep = parsed.GetValue(marginStep),
        MarginMax = parsed.GetValue(marginMax),
        Device = parsed.GetValue(device) ?? "auto",
        Threads = parsed.GetValue(threads),
        Precision = parsed.GetValue(precision),
        DataDirectory = parsed.GetValue(dataDirectory),
        Out = parsed.GetValue(outFolder),
        TrainSize = parsed.GetValue(trainSize),
        ValidationSize = parsed.GetValue(validationSize),
        TestSize = parsed.GetValue(testSize),
        ImageSize = parsed.GetValue(imageSize),
        Augment = parsed.GetValue(augment),
        Shuffle = parsed.GetValue(shuffle),
        Init = parsed.GetValue(init),
        Steps = parsed.GetValue(steps),
        LogSteps = parsed.GetValue(logSteps),
        TensorBoard = parsed.GetValue(tensorBoard),
        EvaluateEvery = parsed.GetValue(evaluateEvery),
        CheckpointEvery = parsed.GetValue(checkpointEvery),
        DeepFoolImages = parsed.GetValue(deepFoolImages),
        Pgd = pgd.Read(parsed),
        NoEvaluate = parsed.GetValue(noEvaluate),
        Json = parsed.GetValue(json),
        Yes = parsed.GetValue(yes),
    };

    /// <summary>Those of a sweep: all but what it decides for each of its runs (rate, seed, folder) or has in words of its own (--json).</summary>
    public IEnumerable<Option> OfSweep => All.Except([rate, seed, json, outFolder]);

    /// <summary>What a sweep's command line says to each of its runs, word by word; threads, questions and the screen are the sweep's own affair.</summary>
    public IReadOnlyList<string> ForEachRun(ParseResult parsed) =>
    [
        .. OfSweep.Except([yes, threads, .. screen.All]).Select(parsed.GetResult).Where(result => result is { Implicit: false })
            .SelectMany(result => (IEnumerable<string>)[result!.Option.Name, .. result.Tokens.Select(token => token.Value)]),
    ];
}
