using LpcEngine.Engine;

namespace LpcEngine.Experiments.Data;

/// <summary>
/// Fetches published files: resumable (a cut fetch goes on from its <c>.part</c> file), checked against the published checksum,
/// and put in place by a rename, so that a file with the official name is always whole.
/// </summary>
internal static class DataFetch
{
    private const int Tries = 5;
    private static readonly TimeSpan Connecting = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);

    /// <summary>Fetches every file of a data set that is not there yet; returns their paths.</summary>
    /// <exception cref="UserErrorException">No network, a wrong checksum, or a folder that cannot be written.</exception>
    public static IReadOnlyList<string> Get(DataSetInfo info, DataOptions options, CancellationToken cancel)
    {
        string folder = DataLocator.FetchFolder(info, options), hint = DataLocator.Hint(info, options);
        using var handler = new SocketsHttpHandler { ConnectTimeout = Connecting };
        using var client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan }; // silence is timed, not the whole of a long fetch
        return [.. info.Files.Select(file => Fetch(client, WithMirror(file, options.Mirror), folder, options.Progress, cancel, hint))];
    }

    /// <summary>Fetches one file into <paramref name="folder"/> unless it is there; returns its path. Without an answer nothing is written, no folder either.</summary>
    public static string Fetch(HttpClient client, RemoteFile file, string folder, IProgress<DataProgress>? progress, CancellationToken cancel, string hint = "")
    {
        string path = Path.Combine(folder, file.Name), part = path + ".part";
        if (File.Exists(path))
        {
            return path; // ours are whole, and a user's own file is his affair: data check compares it
        }

        string reason = "";
        foreach (string url in file.Urls)
        {
            for (int attempt = 0; attempt < Tries; attempt++)
            {
                long before = Length(part);
                try
                {
                    HttpDownload.Continue(client, url, part, Silence, done => progress?.Report(done with { File = file.Name }), cancel);
                    if (Checksum.Md5(part) == file.Md5)
                    {
                        File.Move(part, path, overwrite: true);
                        return path;
                    }

                    File.Delete(part); // nothing of it can be trusted
                    reason = $"what {url} served has another checksum than the published {file.Md5}";
                    break;
                }
                catch (HttpRequestException e) when (e.StatusCode is { } status)
                {
                    reason = $"{url} answered {(int)status} ({status})";
                    break; // asking again will not help
                }
                catch (Exception e) when (!cancel.IsCancellationRequested && HttpDownload.IsConnectionTrouble(e))
                {
                    reason = $"{url} could not be reached or broke off ({e.GetBaseException().Message.ReplaceLineEndings(" ").TrimEnd('.')})";
                    if (Length(part) == before)
                    {
                        break; // it did not get further; without a network nobody should wait for five tries
                    }
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    throw AtomicFile.CannotWrite(part, e);
                }
            }
        }

        throw new UserErrorException($"Cannot fetch {file.Name}: {reason}. Put the file into {folder} yourself, or run again to go on.{hint} synthetic10 and synthetic100 need no files.");
    }

    private static long Length(string path) => File.Exists(path) ? new FileInfo(path).Length : 0;

    private static RemoteFile WithMirror(RemoteFile file, Uri? mirror) =>
        mirror is null ? file : file with { Urls = [mirror.ToString().TrimEnd('/') + "/" + file.Name] };
}
