namespace LpcEngine.Engine;

/// <summary>A mistake of the person who runs the program: one line that says what is wrong, where, and what would be right.</summary>
/// <remarks>
/// Command-line programs print the message alone, without a stack trace, and exit with code 2. It may quote names and texts from files that anyone has
/// written: line ends become blanks and other control characters question marks, so that none of them can steer a terminal.
/// </remarks>
/// <param name="message">One line: what, where, what would be right.</param>
/// <param name="inner">What was caught, if something was.</param>
public class UserErrorException(string message, Exception? inner = null) : Exception(PlainText.Of(message), inner);
