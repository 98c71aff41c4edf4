using System.CommandLine;
using LpcEngine.Experiments.Data;
using LpcEngine.Experiments.Training;
using LpcEngine.Models;
using static LpcEngine.Experiments.Commands.SharedOptions;

namespace LpcEngine.Experiments.Commands;

/// <summary>The options of training, as the command line has them.</summary>
internal static class TrainVerb
{
    /// <summary>The arguments' names.</summary>
    public const string DataSetName = "dataset", VariantName = "variant";

    public static void Fill(Command command)
    {
        var dataSet = new Argument<string>(DataSetName) { Description = $"{DataCatalogue.Names}" };
        var variant = new Argument<string>(VariantName) { Description = string.Join(", ", Variants.All.Select(known => known.Name)) };
        var preset = Text("--preset", string.Join("; ", Preset.All.Select(known => $"{known.Name}: {known.Summary}")));
        var backbone = Text("--backbone", string.Join(", ", BackboneSpec.Names) + "; any wrn-D-W with D = 6·n + 4");
        var width = Number<int>("--width", "scale of all channels: 64 is each network as published (a ResNet's first stage has so many channels, the stem of wrn-D-W a quarter)");
        var penultimate = Number<int>("--penultimate", "width of the penultimate layer (default: the variant's)");
        var classes = Number<int>("--classes", "number of classes, for tensors: files (default: from the data)");
        var epochs = Number<int>("--epochs", "length of the run");
        var batch = Number<int>("--batch", "images per step");
        var rate = Number<double>("--lr", "base learning rate of AdamW");
        var rateHold = Number<int>("--lr-hold", "epochs at the base rate, before it is reduced (the classifier's rate never is)");
        var rateEvery = Number<int>("--lr-every", "epochs from one reduction to the next");
        var rateFactor = Number<double>("--lr-factor", "what a reduction multiplies with; 1 for a constant rate");
        var rateMinimum = Number<double>("--lr-min", "rate of the last epoch where it falls along a cosine (may2025, head2025)");
        var weightDecay = Number<double>("--weight-decay", "decoupled weight decay, on all parameters");
        var seed = Number<long>("--seed", "seed of weights, order and augmentation (default 1)");
        var gammaStart = Number<double>("--gamma-start", "strength of the latent penalty in the first epochs");
        var gammaHold = Number<int>("--gamma-hold", "epochs at that strength, before it grows");
        var gammaFactor = Number<double>("--gamma-factor", "what each growth multiplies with");
        var gammaEvery = Number<int>("--gamma-every", "epochs from one growth to the next");
        var gammaMax = Number<double>("--gamma-max", "its maximum");
        var scaleStart = Number<double>("--scale-start", "scale of arcface's and cosface's logits in the first epoch (default: arcface 16, cosface 32)");
        var scaleStep = Number<double>("--scale-step", "its growth per epoch (arcface 1, cosface 0)");
        var scaleMax = Number<double>("--scale-max", "its maximum (arcface 64, cosface 32)");
        var marginStart = Number<double>("--margin-start", "their margin in the first epoch (arcface 0.1, cosface 0.25)");
        var marginStep = Number<double>("--margin-step", "its growth per epoch (arcface 0.01, cosface 0)");
        var marginMax = Number<double>("--margin-max", "its maximum (arcface 0.5, cosface 0.25)");
        var trainSize = Number<int>("--train-size", "use the first n training images of each class");
        var testSize = Number<int>("--test-size", "use the first n test images of each class");
        var augment = Text("--augment", "standard (random crop, and flip where the class survives it) or none");
        var shuffle = Text("--shuffle", "epoch (a new order each epoch) or none");
        var init = Text("--init", "start from these weights (safetensors, PyTorch names)");
        var steps = Number<int>("--steps", "stop after n steps in all");
        var logSteps = Flag("--log-steps", "write each step's losses to metrics.jsonl");
        var evaluateEvery = Number<int>("--eval-every", "epochs between two evaluations");
        var checkpointEvery = Number<double>("--checkpoint-every", "seconds between two checkpoints (default: 15 at the end of an epoch, 60 within one)");
        var deepFoolImages = Number<int>("--deepfool-images",
            "test images to attack with DeepFool at the end of the run; 0 for none (default: " + string.Join(", ", Preset.All.Select(known => $"{known.Name} {known.DeepFoolImages}"))
            + "; none where --steps ends a run early, nor on the emulator)");
        var noEvaluate = Flag("--no-evaluate", "no evaluation at all");
        var json = Flag("--json", "the summary as JSON on the last line");
        var yes = Flag("--yes", "no questions");
        var outFolder = Text("--out", "the run folder (default runs/<dataset>/<variant>/<name>)");
        var (device, threads, precision, dataDirectory) = (Device(), Threads(), Precision(), DataDirectory());

        command.Add(dataSet);
        command.Add(variant);
        Option[] all = [preset, backbone, width, penultimate, classes, epochs, batch, rate, rateHold, rateEvery, rateFactor, rateMinimum, weightDecay, seed, gammaStart, gammaHold, gammaEvery, gammaFactor, gammaMax,
            scaleStart, scaleStep, scaleMax, marginStart, marginStep, marginMax, trainSize, testSize,
            augment, shuffle, init, steps, logSteps, evaluateEvery, checkpointEvery, deepFoolImages, noEvaluate, json, yes, outFolder, device, threads, precision, dataDirectory];
        foreach (var option in all) command.Add(option);

        command.SetAction(parsed => TrainCommand.Execute(new TrainOptions
        {
            DataSet = parsed.GetRequiredValue(dataSet),
            Variant = parsed.GetRequiredValue(variant),
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
            TestSize = parsed.GetValue(testSize),
            Augment = parsed.GetValue(augment),
            Shuffle = parsed.GetValue(shuffle),
            Init = parsed.GetValue(init),
            Steps = parsed.GetValue(steps),
            LogSteps = parsed.GetValue(logSteps),
            EvaluateEvery = parsed.GetValue(evaluateEvery),
            CheckpointEvery = parsed.GetValue(checkpointEvery),
            DeepFoolImages = parsed.GetValue(deepFoolImages),
            NoEvaluate = parsed.GetValue(noEvaluate),
            Json = parsed.GetValue(json),
            Yes = parsed.GetValue(yes),
        }));
    }
}
