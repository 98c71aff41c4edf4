using LpcEngine.Engine;
using LpcEngine.Models;
using static LpcEngine.Experiments.Export.Onnx.GraphBuilder;

namespace LpcEngine.Experiments.Export.Onnx;

/// <summary>A classifier in evaluation as a graph of ONNX's operators: images [N, C, H, W] in, logits, latents and features out.</summary>
/// <remarks>
/// Follows <c>Forward</c> of each class in <c>Models</c>; a test runs every backbone and head in ONNX Runtime beside ours. Batch normalisation stays a node of its own, so that tools find the parameters
/// under the names that PyTorch gives them; runtimes fold it.
/// </remarks>
internal sealed class NetworkGraph
{
    // Of BatchNormLayer, and of PyTorch.
    private const float Epsilon = 1e-5f;

    private readonly GraphBuilder graph;

    private NetworkGraph(Classifier model) => graph = new GraphBuilder(model.State());

    /// <summary>Writes a classifier down.</summary>
    /// <param name="model">The classifier.</param>
    /// <param name="head">What stands before its last layer.</param>
    /// <param name="image">Height, width and channels of its images.</param>
    /// <exception cref="NotSupportedException">The backbone's class is unknown here.</exception>
    public static GraphProto Of(Classifier model, Head head, Shape image)
    {
        var network = new NetworkGraph(model);
        network.Write(model, head, image);
        return network.graph.Graph;
    }

    private void Write(Classifier model, Head head, Shape image)
    {
        var images = graph.Input("images", image[2], image[0], image[1]);
        var features = graph.Node("Identity", "features", [Backbone(model.Backbone, images)]);
        var latents = head switch
        {
            Head.None => features,
            Head.Linear => Linear("penultimate", features),
            _ => Swish("penultimate.swish", Linear("penultimate", features)),
        };
        latents = graph.Node("Identity", "latents", [latents]);
        graph.Node("Identity", "logits", [Linear("fc", latents)]);
        graph.Output("logits", model.Classes);
        graph.Output("latents", model.Latents);
        graph.Output("features", model.Backbone.Features);
    }

    private string Backbone(Backbone backbone, string x)
    {
        switch (backbone)
        {
            case ResNet network:
                x = Stem(network, x);
                if (network.PoolsStem) x = graph.Node("MaxPool", "maxpool", [x], Attribute("kernel_shape", 3, 3), Attribute("strides", 2, 2), Attribute("pads", 1, 1, 1, 1));
                return Pool(Blocks(network, x));
            case WideResNet network:
                return Pool(NormSwish("bn", Blocks(network, Stem(network, x))));
            case Mlp network:
                // Its first layer takes the values of an image pixel by pixel.
                x = graph.Node("Transpose", "pixels", [x], Attribute("perm", 0, 2, 3, 1));
                x = graph.Node("Flatten", "values", [x], Attribute("axis", 1));
                foreach (var (name, _) in network.Parts) x = Swish(name + ".swish", Linear(name, x));
                return x;
            default:
                throw new NotSupportedException($"No ONNX graph is known for {backbone.GetType().Name}.");
        }
    }

    private string Stem(ResidualNetwork network, string x) => NormSwish("bn1", Convolution("conv1", (ConvolutionLayer)network.Parts[0].Part, x));

    private string Blocks(ResidualNetwork network, string x)
    {
        foreach (var (name, part) in network.Parts)
            if (part is ResidualBlock block) x = Block(name + ".", block, x);
        return x;
    }

    private string Block(string name, ResidualBlock block, string x)
    {
        var parts = block.Parts.ToDictionary(part => part.Name, part => part.Part);
        switch (block)
        {
            case BasicBlock:
                return AddSwish(Norm(name + "bn2", Conv("conv2", NormSwish(name + "bn1", Conv("conv1", x)))), Shortcut(x));
            case BottleneckBlock:
                return AddSwish(Norm(name + "bn3", Conv("conv3", NormSwish(name + "bn2", Conv("conv2", NormSwish(name + "bn1", Conv("conv1", x)))))), Shortcut(x));
            case PreActivationBlock:
                var a = NormSwish(name + "bn1", x);
                var y = Conv("conv2", NormSwish(name + "bn2", Conv("conv1", a)));
                return graph.Node("Add", name + "add", [y, parts.ContainsKey("downsample.0") ? Conv("downsample.0", a) : x]);
            default:
                throw new NotSupportedException($"No ONNX graph is known for {block.GetType().Name}.");
        }

        string Conv(string part, string input) => Convolution(name + part, (ConvolutionLayer)parts[part], input);

        string Shortcut(string input) => parts.ContainsKey("downsample.0") ? Norm(name + "downsample.1", Conv("downsample.0", input)) : input;

        string AddSwish(string residual, string shortcut) => Swish(name + "swish", graph.Node("Add", name + "add", [residual, shortcut]));
    }

    private string Convolution(string name, ConvolutionLayer layer, string x) => graph.Node("Conv", name, [x, graph.Weight(name + ".weight")],
        Attribute("kernel_shape", layer.Weight.Shape[0], layer.Weight.Shape[1]), Attribute("strides", layer.Stride, layer.Stride),
        Attribute("pads", layer.Padding, layer.Padding, layer.Padding, layer.Padding));

    private string Norm(string name, string x) => graph.Node(
        "BatchNormalization", name, [x, .. new[] { "weight", "bias", "running_mean", "running_var" }.Select(part => graph.Weight($"{name}.{part}"))], Attribute("epsilon", Epsilon));

    private string NormSwish(string name, string x) => Swish(name + ".swish", Norm(name, x));

    // ONNX has no operator for it below version 24 of the set.
    private string Swish(string name, string x) => graph.Node("Mul", name, [x, graph.Node("Sigmoid", name + ".sigmoid", [x])]);

    private string Linear(string name, string x)
    {
        string[] inputs = [x, graph.Weight(name + ".weight"), .. graph.Has(name + ".bias") ? [graph.Weight(name + ".bias")] : (string[])[]];
        return graph.Node("Gemm", name, inputs, Attribute("transB", 1)); // weights are [out, in]
    }

    private string Pool(string x) => graph.Node("Flatten", "flatten", [graph.Node("GlobalAveragePool", "avgpool", [x])], Attribute("axis", 1));
}
