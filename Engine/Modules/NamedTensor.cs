namespace LpcEngine.Engine;

/// <summary>A tensor of a module under its full name, with what a file needs to know of its layout.</summary>
/// <param name="Name">Dotted path from the root module, such as <c>layer1.0.weight</c>.</param>
/// <param name="Tensor">The tensor, kept.</param>
/// <param name="FileAxes">How files order the axes: file axis i is our axis FileAxes[i]; null when both are the same.</param>
/// <param name="IsParameter">Whether the optimizer changes it; otherwise it's a buffer such as a running mean.</param>
public sealed record NamedTensor(string Name, Tensor Tensor, int[]? FileAxes, bool IsParameter)
{
    /// <summary>The extents as files have them.</summary>
    public Shape FileShape => FileAxes is null ? Tensor.Shape : Shape.Of(FileAxes.Select(axis => Tensor.Shape[axis]).ToArray());

    /// <summary>The elements in the file's order.</summary>
    /// <returns>A new array.</returns>
    public float[] ToFile() => FileAxes is null ? Tensor.ToFloats() : AxisOrder.Permute(Tensor.ToFloats(), Tensor.Shape, FileAxes);

    /// <summary>Overwrites the tensor with elements in the file's order.</summary>
    /// <param name="values">As many elements as the tensor has.</param>
    public void FromFile(float[] values)
    {
        if (FileAxes is null)
        {
            Tensor.CopyFrom<float>(values);
            return;
        }
        var inverse = new int[FileAxes.Length];
        for (var i = 0; i < inverse.Length; i++) inverse[FileAxes[i]] = i;
        Tensor.CopyFrom<float>(AxisOrder.Permute(values, FileShape, inverse));
    }
}
