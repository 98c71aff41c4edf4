using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>What an AdamW update reads and writes of one group of parameters: arrays of floats with equally many elements, of any shape.</summary>
/// <param name="Parameter">The parameters; overwritten.</param>
/// <param name="Gradient">Their gradients.</param>
/// <param name="M">Running mean of the gradient; overwritten.</param>
/// <param name="V">Running mean of the squared gradient; overwritten.</param>
public readonly record struct AdamWArrays(Tensor Parameter, Tensor Gradient, Tensor M, Tensor V);
