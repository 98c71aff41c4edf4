namespace LpcEngine.Engine;

/// <summary>Work that falls into independent tiles.</summary>
public interface ITileJob
{
    /// <summary>Does one tile. Tiles run in any order and at the same time; a tile's result must not depend on who runs it.</summary>
    /// <param name="tile">Which one, counted from 0.</param>
    /// <param name="worker">Who does it, to choose scratch memory.</param>
    void Run(int tile, int worker);
}
