namespace LpcEngine.Engine;

/// <summary>A mistake of the person who runs the program: one line that says what is wrong, where, and what would be right.</summary>
/// <remarks>Command-line programs print the message alone, without a stack trace, and exit with code 2.</remarks>
/// <param name="message">One line: what, where, what would be right.</param>
/// <param name="inner">What was caught, if something was.</param>
public class UserErrorException(string message, Exception? inner = null) : Exception(message, inner);
