using LpcEngine.Engine;
using LpcEngine.Kernels;
using LpcEngine.Models;

namespace LpcEngine.Benchmarks.Throughput;

/// <summary>What is timed.</summary>
/// <param name="Backbone">The backbone's name.</param>
/// <param name="Batch">Images per step.</param>
/// <param name="Width">Channels of the first stage.</param>
/// <param name="Train">A training step, or inference alone.</param>
internal sealed record Workload(string Backbone, int Batch, int Width, bool Train)
{
    // CIFAR-10 and the variant "lpc": a linear penultimate layer of 64, a classifier without bias, the penalty in the loss.
    private const int Side = 32, Channels = 3, Classes = 10, Latents = 64;

    /// <summary>Builds the model and its data on a device.</summary>
    public Steps On(Device device) => new(this, device);

    /// <summary>A model with the data and the optimizer that its steps need; a step allocates nothing after the first.</summary>
    internal sealed class Steps
    {
        private readonly Device device;
        private readonly bool train;
        private readonly Classifier model;
        private readonly Tensor images, labels, gamma;
        private readonly AdamW? optimizer;
        private readonly CapturedStep step;

        public Steps(Workload workload, Device device)
        {
            (this.device, train) = (device, workload.Train);
            var random = new Random(1);
            images = device.NewKept<float>(new Shape(workload.Batch, Side, Side, Channels), Normal(random, checked(workload.Batch * Side * Side * Channels)));
            labels = device.NewKept<int>(new Shape(workload.Batch), Enumerable.Range(0, workload.Batch).Select(_ => random.Next(Classes)).ToArray());
            gamma = device.NewKept<float>(Shape.Scalar, [0.01f]);
            model = new Classifier(new Initialiser(device, 1), new BackboneSpec(workload.Backbone, workload.Width, Side, Side, Channels), Head.Linear, Latents, Classes)
            {
                Training = train,
            };
            FlopsPerStep = workload.Batch * model.FlopsPerImage * (train ? 3 : 1);
            if (train) optimizer = MakeOptimizer();
            step = new CapturedStep(device, train ? Train : Infer);
        }

        /// <summary>Kernels of a recorded step and how it is replayed.</summary>
        public (int Kernels, Replay Kind) Recording => (step.Kernels, step.Kind);

        /// <summary>Operations of one step, counted as direct convolutions; backward counts twice forward.</summary>
        public double FlopsPerStep { get; }

        /// <summary>Takes a step and waits for it.</summary>
        public void Take()
        {
            optimizer?.Advance();
            step.Run();
            device.Synchronize();
        }

        private AdamW MakeOptimizer()
        {
            var classifier = model.Parameters().Where(parameter => parameter.Tensor == model.LastWeight);
            var rest = model.Parameters().Where(parameter => parameter.Tensor != model.LastWeight);
            var made = new AdamW([new ParameterGroup("rest", rest.ToArray()), new ParameterGroup("classifier", classifier.ToArray())]);
            for (var group = 0; group < made.Groups.Count; group++) made.SetRate(group, 1e-4);
            return made;
        }

        private void Train()
        {
            var output = model.Forward(images);
            var loss = output.Logits.SoftmaxCrossEntropy(labels).Add(output.Latents.LatentPenalty(gamma));
            device.Tape.Backward(loss, releaseActivations: true);
            optimizer!.Apply();
        }

        private void Infer()
        {
            using var pause = device.Tape.Pause();
            model.Forward(images);
        }

        private static float[] Normal(Random random, int count)
        {
            var draw = OpInput.Normal(1);
            var values = new float[count];
            for (var i = 0; i < values.Length; i++) values[i] = (float)draw(random, i);
            return values;
        }
    }
}
