namespace LpcEngine.Engine;

/// <summary>A device or the machine has less memory than was asked for. Nothing is broken: with less, the same program goes on.</summary>
/// <param name="message">One line: where, how much, and what would be right.</param>
/// <param name="inner">What was caught, if something was.</param>
public sealed class TooLittleMemoryException(string message, Exception? inner = null) : UserErrorException(message, inner);
