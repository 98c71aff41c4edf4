using System.Net;
using System.Net.Http.Headers;
using LpcEngine.Engine;

namespace LpcEngine.Experiments.Data;

/// <summary>One attempt at one address: appends what is missing to a partial file.</summary>
internal static class HttpDownload
{
    /// <summary>Raised when a connection ends before the promised bytes have come.</summary>
    private sealed class CutException(string message) : Exception(message);

    /// <summary>Whether an exception came from the network rather than from our disk.</summary>
    public static bool IsConnectionTrouble(Exception e) =>
        e is HttpRequestException or HttpIOException or CutException or OperationCanceledException;

    /// <summary>Goes on with <paramref name="part"/> where it ends, or from its start if the server cannot.</summary>
    public static void Continue(
        HttpClient client, string url, string part, TimeSpan silence, Action<DataProgress> report, CancellationToken cancel)
    {
        long here = File.Exists(part) ? new FileInfo(part).Length : 0;
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        timer.CancelAfter(silence);
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        if (here > 0)
        {
            request.Headers.Range = new RangeHeaderValue(here, null);
        }

        using var response = client.Send(request, HttpCompletionOption.ResponseHeadersRead, timer.Token);
        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            // The part is already as long as the file (its checksum decides) or longer (then it is rubbish).
            if (response.Content.Headers.ContentRange?.Length != here)
            {
                File.Delete(part);
                throw new CutException("the partial file did not fit and was dropped");
            }

            return;
        }

        response.EnsureSuccessStatusCode();

        // Only now: a server that can't be reached must leave neither an empty file nor a folder behind.
        AtomicFile.CreateFolder(Path.GetDirectoryName(Path.GetFullPath(part))!);
        using var file = new FileStream(part, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
        bool resumed = response.StatusCode == HttpStatusCode.PartialContent
            && response.Content.Headers.ContentRange?.From == file.Length;
        if (!resumed && response.StatusCode == HttpStatusCode.PartialContent)
        {
            throw new CutException("it sent another part than the one asked for");
        }

        if (!resumed)
        {
            file.SetLength(0); // the server sends it all
        }

        file.Position = file.Length;
        long total = file.Length + (response.Content.Headers.ContentLength ?? 0);
        Copy(response, file, total, timer, silence, report);
        file.Flush(flushToDisk: true);
        if (response.Content.Headers.ContentLength is not null && file.Length < total)
        {
            throw new CutException($"it ended after {file.Length} of {total} bytes");
        }
    }

    private static void Copy(
        HttpResponseMessage response, FileStream file, long total, CancellationTokenSource timer, TimeSpan silence, Action<DataProgress> report)
    {
        using var body = response.Content.ReadAsStream(timer.Token);
        byte[] buffer = new byte[1 << 16];
        while (true)
        {
            timer.CancelAfter(silence);
            int read;
            try
            {
                // The asynchronous read is the one that can be cancelled while it waits.
                read = body.ReadAsync(buffer, timer.Token).AsTask().GetAwaiter().GetResult();
            }
            catch (IOException e)
            {
                throw new CutException(e.Message); // from the network; the file is written below, so its IOExceptions stay apart
            }

            if (read == 0)
            {
                return;
            }

            file.Write(buffer, 0, read);
            report(new DataProgress("", file.Position, total));
        }
    }
}
