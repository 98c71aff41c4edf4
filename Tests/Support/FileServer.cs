using System.Net;
using System.Net.Sockets;

namespace LpcEngine.Tests.Support;

/// <summary>A web server on the loopback address that serves one file and can misbehave.</summary>
internal sealed class FileServer : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly byte[] _content;

    public FileServer(byte[] content)
    {
        _content = content;
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            Root = new Uri($"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/");
        }

        _listener.Prefixes.Add(Root.ToString());
        _listener.Start();
        _ = Task.Run(ServeAsync);
    }

    public Uri Root { get; }

    /// <summary>Close the connection after this many bytes of each answer.</summary>
    public int CutAfter { get; set; } = int.MaxValue;

    /// <summary>Answer as if ranges were unknown.</summary>
    public bool IgnoreRanges { get; set; }

    /// <summary>Answer with this status instead of the file.</summary>
    public int Status { get; set; } = 200;

    /// <summary>The first byte of each answer.</summary>
    public List<long> Starts { get; } = [];

    public void Dispose() => _listener.Close();

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                await AnswerAsync(await _listener.GetContextAsync());
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or IOException or InvalidOperationException)
            {
                // the client went away, or the test is over
            }
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        var response = context.Response;
        if (Status != 200)
        {
            response.StatusCode = Status;
            response.Close();
            return;
        }

        long start = 0;
        if (!IgnoreRanges && context.Request.Headers["Range"] is { } range)
        {
            start = long.Parse(range["bytes=".Length..].TrimEnd('-'));
            if (start >= _content.Length)
            {
                response.StatusCode = 416;
                response.Headers["Content-Range"] = $"bytes */{_content.Length}";
                response.Close();
                return;
            }

            response.StatusCode = 206;
            response.Headers["Content-Range"] = $"bytes {start}-{_content.Length - 1}/{_content.Length}";
        }

        lock (Starts)
        {
            Starts.Add(start);
        }

        int length = (int)(_content.Length - start), sent = Math.Min(length, CutAfter);
        response.ContentLength64 = length;
        await response.OutputStream.WriteAsync(_content.AsMemory((int)start, sent));
        await response.OutputStream.FlushAsync();
        if (sent < length)
        {
            response.Abort();
        }
        else
        {
            response.Close();
        }
    }
}
