using LpcEngine.Engine;
using LpcEngine.Kernels;

namespace LpcEngine.Benchmarks.Suite;

/// <summary>Makes the inputs of benchmarks from their declarations.</summary>
internal static class OperationInputs
{
    // Drawing a hundred million normal numbers would take longer than timing the operation. The first elements are drawn and repeated; their
    // number is prime, so that no row or channel sees the same ones again.
    private const int Drawn = 1_048_573;

    /// <summary>A kept tensor of random elements, always the same ones, of the type that they have at the device's precision.</summary>
    public static Tensor Draw(Device device, OpInput input)
    {
        var random = new Random(1);
        var drawn = new double[Math.Min(input.Shape.Count, Drawn)];
        for (var i = 0; i < drawn.Length; i++) drawn[i] = input.Draw(random, i);
        return input.TypeAt(device.Precision) switch
        {
            DType.BFloat16 => device.NewKept<ushort>(input.Shape, Repeat(drawn, input.Shape.Count, static value => BFloat16.FromFloat((float)value))),
            DType.Float32 => device.NewKept<float>(input.Shape, Repeat(drawn, input.Shape.Count, static value => (float)value)),
            DType.Int32 => device.NewKept<int>(input.Shape, Repeat(drawn, input.Shape.Count, static value => (int)value)),
            _ => device.NewKept<byte>(input.Shape, Repeat(drawn, input.Shape.Count, static value => (byte)value)),
        };
    }

    private static T[] Repeat<T>(double[] drawn, int count, Converter<double, T> convert)
    {
        var start = Array.ConvertAll(drawn, convert);
        var all = new T[count];
        for (var i = 0; i < count; i += start.Length) start.AsSpan(0, Math.Min(start.Length, count - i)).CopyTo(all.AsSpan(i));
        return all;
    }
}
