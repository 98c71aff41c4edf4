namespace LpcEngine.Engine;

/// <summary>Memory of the machine itself: arrays of a size that a model or a file asks for, and the one way to say that there is too little.</summary>
public static class HostMemory
{
    /// <summary>Allocates an array.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="length">Number of elements, not negative.</param>
    /// <returns>The array, filled with zeros.</returns>
    /// <exception cref="TooLittleMemoryException">The machine has too little memory, or an array cannot have so many elements.</exception>
    public static T[] NewArray<T>(long length) where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (length > Array.MaxLength) throw TooLittle((double)length * System.Runtime.CompilerServices.Unsafe.SizeOf<T>());
        try
        {
            return new T[length];
        }
        catch (OutOfMemoryException problem)
        {
            throw TooLittle((double)length * System.Runtime.CompilerServices.Unsafe.SizeOf<T>(), problem);
        }
    }

    /// <summary>The error for a machine with too little memory.</summary>
    /// <param name="bytes">What was asked for.</param>
    /// <param name="cause">What was caught, if something was.</param>
    /// <returns>The exception to throw.</returns>
    public static TooLittleMemoryException TooLittle(double bytes, Exception? cause = null) => new(
        $"The machine has too little memory: {Math.Ceiling(bytes / (1 << 20)):N0} MiB more are needed. Use a smaller --batch, --width or --penultimate.", cause);
}
