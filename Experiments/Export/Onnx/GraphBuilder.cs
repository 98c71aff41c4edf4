using System.Runtime.InteropServices;
using Google.Protobuf;
using LpcEngine.Engine;

namespace LpcEngine.Experiments.Export.Onnx;

/// <summary>Writes a graph down, node by node. Values are known by their names; a node's value has the node's name, a weight's that of PyTorch.</summary>
/// <param name="state">All tensors of the network.</param>
internal sealed class GraphBuilder(IEnumerable<NamedTensor> state)
{
    private readonly Dictionary<string, NamedTensor> weights = state.ToDictionary(tensor => tensor.Name);

    /// <summary>The graph so far.</summary>
    public GraphProto Graph { get; } = new() { Name = "classifier" };

    /// <summary>Whether the network has a weight of a name.</summary>
    public bool Has(string weight) => weights.ContainsKey(weight);

    /// <summary>Declares what the caller gives: floats.</summary>
    /// <param name="name">The value's name.</param>
    /// <param name="extents">Behind the batch, which the caller chooses.</param>
    public string Input(string name, params int[] extents)
    {
        Graph.Input.Add(Floats(name, extents));
        return name;
    }

    /// <summary>Declares what the caller gets: floats.</summary>
    /// <param name="name">The value's name.</param>
    /// <param name="extent">Behind the batch.</param>
    public void Output(string name, int extent) => Graph.Output.Add(Floats(name, extent));

    /// <summary>Applies an operator.</summary>
    /// <param name="type">The operator's name.</param>
    /// <param name="name">The name of the node and of its value.</param>
    /// <param name="inputs">Values and weights.</param>
    /// <param name="attributes">What else it needs to know.</param>
    /// <returns>The value's name.</returns>
    public string Node(string type, string name, string[] inputs, params AttributeProto[] attributes)
    {
        Graph.Node.Add(new NodeProto { OpType = type, Name = name, Input = { inputs }, Output = { name }, Attribute = { attributes } });
        return name;
    }

    /// <summary>Takes a weight into the graph, in PyTorch's layout, which is ONNX's.</summary>
    /// <returns>Its name.</returns>
    public string Weight(string name)
    {
        var tensor = weights[name];
        Graph.Initializer.Add(new TensorProto
        {
            Name = name, DataType = (int)TensorProto.Types.DataType.Float, Dims = { tensor.FileShape.ToArray().Select(extent => (long)extent) },
            RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<float>(tensor.ToFile())),
        });
        return name;
    }

    public static AttributeProto Attribute(string name, int value) => new() { Name = name, I = value, Type = AttributeProto.Types.AttributeType.Int };

    public static AttributeProto Attribute(string name, float value) => new() { Name = name, F = value, Type = AttributeProto.Types.AttributeType.Float };

    public static AttributeProto Attribute(string name, params int[] values) =>
        new() { Name = name, Ints = { values.Select(value => (long)value) }, Type = AttributeProto.Types.AttributeType.Ints };

    private static ValueInfoProto Floats(string name, params int[] extents)
    {
        var shape = new TensorShapeProto { Dim = { new TensorShapeProto.Types.Dimension { DimParam = "N" } } };
        shape.Dim.Add(extents.Select(extent => new TensorShapeProto.Types.Dimension { DimValue = extent }));
        return new() { Name = name, Type = new() { TensorType = new() { ElemType = (int)TensorProto.Types.DataType.Float, Shape = shape } } };
    }
}
