namespace LpcEngine.Engine;

/// <summary>What a device holds at a moment.</summary>
/// <param name="KeptTensors">Tensors that outlive steps.</param>
/// <param name="StepTensors">Tensors of the running step.</param>
/// <param name="PooledTensors">Tensor objects waiting for reuse or in use by the step.</param>
/// <param name="KeptBytes">Bytes of kept tensors.</param>
/// <param name="ArenaBytes">Bytes reserved for steps.</param>
/// <param name="ArenaPeakBytes">Largest number of bytes that a step had in use at one time.</param>
public readonly record struct DeviceStatistics(int KeptTensors, int StepTensors, int PooledTensors, long KeptBytes, long ArenaBytes, long ArenaPeakBytes);
