namespace LpcEngine.Experiments.Data;

/// <summary>The beginning of a stream: it ends at a limit, and says so.</summary>
/// <param name="inner">The stream, which stays open.</param>
/// <param name="limit">How many bytes there may be.</param>
internal sealed class LimitedStream(Stream inner, long limit) : Stream
{
    private long left = limit;

    /// <summary>Whether the stream went on at the limit.</summary>
    public bool IsExceeded { get; private set; }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        if (left == 0)
        {
            IsExceeded |= inner.ReadByte() >= 0;
            return 0;
        }
        var read = inner.Read(buffer[..(int)Math.Min(buffer.Length, left)]);
        left -= read;
        return read;
    }

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
