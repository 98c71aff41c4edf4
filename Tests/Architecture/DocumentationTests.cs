using System.Reflection;
using System.Runtime.CompilerServices;
using System.Xml.Linq;

namespace LpcEngine.Tests.Architecture;

/// <summary>Every public member is documented: the compiler's documentation file beside each assembly says something about it.</summary>
public sealed class DocumentationTests
{
    private static readonly string[] WrittenByTheCompiler = ["Equals", "GetHashCode", "ToString", "Deconstruct", "PrintMembers", "<Clone>$", "op_Equality", "op_Inequality", "EqualityContract"];

    private static readonly Assembly[] Assemblies = [typeof(Tensor).Assembly, typeof(OpSpec).Assembly, typeof(LpcEngine.Models.ResNet).Assembly, typeof(LpcEngine.Experiments.Program).Assembly];

    [TestCaseSource(nameof(Assemblies))]
    public void Public_members_are_documented(Assembly assembly)
    {
        var documented = XDocument.Load(Path.ChangeExtension(assembly.Location, ".xml")).Descendants("member")
            .Where(member => member.HasElements)
            .ToLookup(member => Bare(member.Attribute("name")!.Value));
        var missing = new List<string>();
        foreach (var type in assembly.GetExportedTypes())
        {
            var name = type.FullName!.Replace('+', '.');
            if (!documented.Contains("T:" + name)) missing.Add(name);
            foreach (var group in Members(type).GroupBy(member => Identifier(name, member)))
                if (documented[group.Key].Count() < group.Count() && !IsRecordParameter(documented["T:" + name], group.Key)) missing.Add(group.Key);
        }
        Assert.That(missing, Is.Empty);
    }

    [TestCaseSource(nameof(Assemblies))]
    public void Every_public_method_says_what_it_takes_and_gives(Assembly assembly)
    {
        var members = XDocument.Load(Path.ChangeExtension(assembly.Location, ".xml")).Descendants("member")
            .Where(member => member.Attribute("name")!.Value.StartsWith("M:", StringComparison.Ordinal) && member.Element("inheritdoc") is null);
        foreach (var member in members)
            foreach (var element in member.Elements())
                Assert.That(element.Value.Trim().Length > 0 || element.HasElements || element.HasAttributes && element.Name != "param", $"{member.Attribute("name")!.Value}: empty <{element.Name}>");
    }

    private static IEnumerable<MemberInfo> Members(Type type)
    {
        const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        if (type.IsSubclassOf(typeof(MulticastDelegate))) return [];
        return type.GetMembers(All).Where(member => member is not TypeInfo && IsVisible(member) && !IsImplicit(type, member));
    }

    private static bool IsVisible(MemberInfo member) => member switch
    {
        MethodBase method => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly,
        PropertyInfo property => property.GetAccessors(nonPublic: true).Any(IsVisible),
        FieldInfo field => field.IsPublic || field.IsFamily,
        _ => false,
    };

    private static bool IsImplicit(Type type, MemberInfo member) =>
        member is MethodInfo { IsSpecialName: true, Name: var accessor } && (accessor.StartsWith("get_", StringComparison.Ordinal) || accessor.StartsWith("set_", StringComparison.Ordinal))
        || member is FieldInfo { IsSpecialName: true }
        || member.GetCustomAttribute<CompilerGeneratedAttribute>() is not null
        || WrittenByTheCompiler.Contains(member.Name) && IsRecord(type)
        || member is ConstructorInfo constructor && (constructor.GetParameters().Length == 0 || IsRecord(type) || IsPrimary(type, constructor));

    private static bool IsRecord(Type type) => type.GetMethods(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public).Any(method => method.Name == "PrintMembers");

    // The documentation of a primary constructor stands on its type; the compiler repeats it under the constructor's name or not, by version.
    private static bool IsPrimary(Type type, ConstructorInfo constructor) => type.GetConstructors().Length == 1 && constructor.GetParameters().Length > 0;

    private static bool IsRecordParameter(IEnumerable<XElement> type, string identifier) =>
        type.Elements("param").Any(parameter => parameter.Attribute("name")!.Value == identifier[(identifier.LastIndexOf('.') + 1)..]);

    private static string Identifier(string type, MemberInfo member) => member switch
    {
        ConstructorInfo => $"M:{type}.#ctor",
        MethodInfo => $"M:{type}.{member.Name}",
        PropertyInfo => $"P:{type}.{member.Name}",
        _ => $"F:{type}.{member.Name}",
    };

    // Overloads are told apart by counting them: writing parameter lists in the compiler's notation would be a test of the test.
    private static string Bare(string identifier)
    {
        var name = identifier.Split('(')[0];
        var generic = name.IndexOf("``", StringComparison.Ordinal);
        return generic < 0 ? name : name[..generic];
    }
}
