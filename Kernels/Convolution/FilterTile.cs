using System.Runtime.InteropServices;

namespace LpcEngine.Kernels;

/// <summary>A square of a filter's matrix [C, K], for one thread group of <see cref="FilterCopiesGpu"/>; six numbers, as they lie in device memory.</summary>
/// <param name="From">Where the matrix begins among the parameters.</param>
/// <param name="To">Where its copies begin.</param>
/// <param name="Height">C.</param>
/// <param name="Width">K.</param>
/// <param name="Y">The square's first row.</param>
/// <param name="X">Its first column.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct FilterTile(int From, int To, int Height, int Width, int Y, int X)
{
    /// <summary>Numbers of a tile.</summary>
    public const int Ints = 6;

    /// <summary>Rows and columns.</summary>
    public const int Side = 32;

    /// <summary>Cuts a number of matrices, which lie one behind the other.</summary>
    public static void Cut(List<FilterTile> tiles, int from, int to, int matrices, int height, int width)
    {
        for (var matrix = 0; matrix < matrices; matrix++)
            for (var y = 0; y < height; y += Side)
                for (var x = 0; x < width; x += Side) tiles.Add(new(from + matrix * height * width, to + matrix * height * width, height, width, y, x));
    }
}
