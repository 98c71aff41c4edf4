namespace LpcEngine.Kernels;

/// <summary>What is fused to a batch normalisation.</summary>
internal enum Fusion
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Swish follows.</summary>
    Swish,

    /// <summary>A shortcut is added, then Swish follows.</summary>
    AddSwish,
}

/// <summary>The same as a type, so that the compiler makes loops without branches.</summary>
internal interface IFusion
{
    /// <summary>Whether Swish follows.</summary>
    static abstract bool Activates { get; }

    /// <summary>Whether a shortcut is added.</summary>
    static abstract bool Adds { get; }
}

/// <summary><see cref="Fusion.None"/>.</summary>
internal readonly struct FuseNothing : IFusion
{
    public static bool Activates => false;

    public static bool Adds => false;
}

/// <summary><see cref="Fusion.Swish"/>.</summary>
internal readonly struct FuseSwish : IFusion
{
    public static bool Activates => true;

    public static bool Adds => false;
}

/// <summary><see cref="Fusion.AddSwish"/>.</summary>
internal readonly struct FuseAddSwish : IFusion
{
    public static bool Activates => true;

    public static bool Adds => true;
}
