using System.Linq.Expressions;

namespace LpcEngine.Engine;

/// <summary>Counts the kernels that a device is asked to run.</summary>
internal sealed class LaunchCounter
{
    /// <summary>Launches so far.</summary>
    public long Count;

    /// <summary>A launcher that does the same and counts. Written as an expression, since launchers have parameters of many types; it costs some nanoseconds and allocates nothing.</summary>
    /// <typeparam name="TLauncher">Its type.</typeparam>
    /// <param name="launcher">A kernel's launcher.</param>
    public TLauncher Counted<TLauncher>(TLauncher launcher) where TLauncher : Delegate
    {
        var parameters = typeof(TLauncher).GetMethod("Invoke")!.GetParameters().Select(parameter => Expression.Parameter(parameter.ParameterType)).ToArray();
        var count = Expression.PreIncrementAssign(Expression.Field(Expression.Constant(this), nameof(Count)));
        return Expression.Lambda<TLauncher>(Expression.Block(count, Expression.Invoke(Expression.Constant(launcher), parameters)), parameters).Compile();
    }
}
