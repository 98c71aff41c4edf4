namespace LpcEngine.Engine;

/// <summary>A number that changes from epoch to epoch: a learning rate, a penalty's strength.</summary>
public interface ISchedule
{
    /// <summary>The value used throughout an epoch.</summary>
    /// <param name="epoch">The epoch, counted from 1.</param>
    /// <returns>The value.</returns>
    double At(int epoch);
}
