using System.Reflection;

namespace LpcEngine.Kernels;

/// <summary>
/// All operations: whatever class of this assembly has a public static property <c>Spec</c> of type <see cref="OpSpec"/>.
/// </summary>
/// <remarks>So an operation is added by adding its folder. What is found here is checked, benchmarked and listed.</remarks>
public static class Operations
{
    /// <summary>The declarations, ordered by name.</summary>
    public static IReadOnlyList<OpSpec> All { get; } = typeof(Operations).Assembly.GetTypes()
        .SelectMany(type => type.GetProperties(BindingFlags.Public | BindingFlags.Static))
        .Where(property => property.PropertyType == typeof(OpSpec))
        .Select(property => (OpSpec)property.GetValue(null)!)
        .OrderBy(spec => spec.Name, StringComparer.Ordinal)
        .ToArray();
}
