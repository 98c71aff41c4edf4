using System.Linq.Expressions;

namespace LpcEngine.Engine;

/// <summary>What a device's launchers go through: launches are counted, and while a step is recorded they are written down instead.</summary>
internal sealed class LaunchQueue
{
    /// <summary>Kernels launched so far, those of replays included.</summary>
    public long Count;

    /// <summary>Where work is written down; null when it is done.</summary>
    public List<(string Name, Action Work)>? Recorded;

    /// <summary>A launcher that goes through this queue.</summary>
    /// <typeparam name="TLauncher">Its type.</typeparam>
    /// <param name="launcher">A kernel's launcher.</param>
    /// <param name="name">The kernel's name.</param>
    /// <remarks>
    /// Written as an expression, since launchers have parameters of many types: <c>Count++; if (Recorded is null) launcher(a, b, …); else write(a, b, …);</c>. It costs some nanoseconds. Writing
    /// down has a function of its own, because whatever captures its parameters allocates when it is called, and launching must not.
    /// </remarks>
    public TLauncher Through<TLauncher>(TLauncher launcher, string name) where TLauncher : Delegate
    {
        Expression queue = Expression.Constant(this), recorded = Expression.Field(queue, nameof(Recorded));
        var parameters = typeof(TLauncher).GetMethod("Invoke")!.GetParameters().Select(parameter => Expression.Parameter(parameter.ParameterType)).ToArray();
        var launch = Expression.Invoke(Expression.Constant(launcher), parameters);
        var write = Expression.Lambda<TLauncher>(Expression.Call(queue, nameof(Write), null, Expression.Constant(name), Expression.Lambda<Action>(launch)), parameters).Compile();
        return Expression.Lambda<TLauncher>(
            Expression.Block(
                Expression.PreIncrementAssign(Expression.Field(queue, nameof(Count))),
                Expression.IfThenElse(Expression.ReferenceEqual(recorded, Expression.Constant(null)), launch, Expression.Invoke(Expression.Constant(write), parameters))),
            parameters).Compile();
    }

    /// <summary>Writes work down, while a step is recorded.</summary>
    public void Write(string name, Action work) => Recorded!.Add((name, work));
}
