using System.Globalization;
using System.Text;
using LpcEngine.Engine;
using LpcEngine.Experiments.Commands;

namespace LpcEngine.Experiments.Sweeps.Slurm;

/// <summary>The job script of a sweep: a job array with a task for each run.</summary>
/// <param name="Options">What to ask Slurm for.</param>
/// <param name="Folder">The submission's folder, a full path; it holds the script, its lists and the tasks' logs.</param>
/// <param name="Tasks">How many.</param>
/// <param name="JobName">What the queue calls it.</param>
/// <param name="WorkingDirectory">Where the runs' relative paths begin.</param>
/// <param name="Variables">Of the environment, for each run.</param>
internal sealed record SlurmScript(
    SlurmOptions Options, string Folder, int Tasks, string JobName, string WorkingDirectory, IReadOnlyDictionary<string, string> Variables)
{
    /// <summary>The script, and beside it a command in each line, and its run folder in the same line.</summary>
    public const string Name = "job.sh", CommandsName = "commands.txt", FoldersName = "folders.txt", LogFolder = "log";

    // Of the program's end: after that long the script kills it, so that it still goes back into the queue; every checkpoint is whole at any moment.
    private int Patience => Math.Max(5, SlurmTime.Notice(Options.Time) * 3 / 4);

    /// <summary>The log of a task.</summary>
    public static string LogPath(string folder, int task) => Path.Combine(folder, LogFolder, task.ToString(CultureInfo.InvariantCulture) + ".log");

    /// <summary>Refuses a folder in whose name Slurm would see something else.</summary>
    /// <exception cref="UserErrorException">It holds a backslash, which turns Slurm's own signs in names of logs off, or a control character, which breaks a line.</exception>
    public static void CheckFolder(string folder)
    {
        if (folder.Contains('\\') || folder.Any(char.IsControl))
            throw new UserErrorException($"--slurm cannot keep its logs in {folder.ReplaceLineEndings("?")}: Slurm reads a backslash or a line break in a path as something else. Choose another --out.");
    }

    /// <summary>The text.</summary>
    public string Text()
    {
        var text = new StringBuilder("#!/bin/bash\n");
        void Ask(string option) => text.Append("#SBATCH ").Append(option).Append('\n');
        Ask($"--job-name={JobName}");
        Ask(string.Create(CultureInfo.InvariantCulture, $"--array=1-{Tasks}") + (Options.AtOnce is { } most ? string.Create(CultureInfo.InvariantCulture, $"%{most}") : ""));
        Ask($"--output=\"{Pattern(Path.Combine(Folder, LogFolder))}/%a.log\"");
        Ask("--open-mode=append");
        Ask("--requeue");
        Ask(string.Create(CultureInfo.InvariantCulture, $"--signal=B:TERM@{SlurmTime.Notice(Options.Time)}"));
        Ask($"--time={Options.Time}");
        Ask("--nodes=1");
        Ask("--ntasks=1");
        Ask(string.Create(CultureInfo.InvariantCulture, $"--cpus-per-task={Options.Cpus}"));
        Ask($"--mem={Options.Memory}");
        if (Options.Gpus is { } gpus) Ask($"--gres=gpu:{gpus}");
        if (Options.Partition is { } partition) Ask($"--partition={partition}");
        if (Options.Account is { } account) Ask($"--account={account}");
        foreach (var option in Options.Extra) Ask(option);
        text.Append("\n# Task n runs line n of commands.txt in the run folder of line n of folders.txt. A run that is finished says so and ends; one that was stopped goes on.\n\n");
        text.Append("submission=").Append(ShellWords.Quote(Folder)).Append('\n');
        text.Append("work=").Append(ShellWords.Quote(WorkingDirectory)).Append('\n');
        foreach (var (name, value) in Variables) text.Append("export ").Append(name).Append('=').Append(ShellWords.Quote(value)).Append('\n');
        text.Append("export ").Append(ParentProcess.Variable).Append('=').Append(ParentProcess.Slurm).Append('\n');
        text.Append(CultureInfo.InvariantCulture, $"patience={Patience}\n");
        return text.Append(Body.ReplaceLineEndings("\n")).ToString();
    }

    // A per cent sign begins one of Slurm's own signs, two are one; a quote would end the option.
    private static string Pattern(string path) => path.Replace("%", "%%").Replace("\"", "\\\"");

    private const string Body = """

        task=$SLURM_ARRAY_TASK_ID
        say() { echo "$(date '+%F %T') task $task of job $SLURM_ARRAY_JOB_ID on ${SLURMD_NODENAME:-$HOSTNAME}: $*"; }

        # The task's own name in every case: the last task of an array has the array's number for its job's, and what is said to that is said to all.
        me=${SLURM_ARRAY_JOB_ID}_$task

        cd "$work" || { say "ends with exit code 2: there is no folder $work"; exit 2; }
        line=$(sed -n "${task}p" "$submission/commands.txt")
        checkpoint=$(sed -n "${task}p" "$submission/folders.txt")/checkpoint.safetensors
        if [ -z "$line" ]; then say "ends with exit code 2: commands.txt has no line $task"; exit 2; fi
        eval "command=($line)"
        # How far the run is stands at the beginning of its checkpoint.
        progress() { head -c 1000000 "$checkpoint" 2>/dev/null | cksum; }
        before=$(progress)

        # Slurm tells this script alone that time is up, and it tells the program. One that still measures when patience ends is killed.
        signals=0
        program=
        pass_on() {
          kill -TERM "$program" 2>/dev/null
          { sleep "$patience"; kill -KILL "$program"; } >/dev/null 2>&1 & # with no hold on the log, which ends with the task
        }
        trap 'signals=$((signals + 1)); [ -z "$program" ] || pass_on' TERM

        run() {
          local heard
          "${command[@]}" &
          program=$!
          [ "$signals" = 0 ] || pass_on
          # A signal ends a wait early; the program's exit code comes with the next one.
          while heard=$signals; wait "$program"; code=$?; [ "$signals" != "$heard" ]; do :; done
          program=
        }

        say starts
        run
        # 75: another process works in the run folder. After a node was lost that may be this run itself, for a while yet; otherwise somebody else's, who is left alone.
        waits=20
        while [ "$code" = 75 ] && [ "${SLURM_RESTART_COUNT:-0}" -gt 0 ] && [ "$waits" -gt 0 ] && [ "$signals" = 0 ]; do
          waits=$((waits - 1))
          sleep 30
          run
        done

        # 130: stopped with a checkpoint; above 128 and signalled: stopped without one. Back into the queue with it, if Slurm takes it for running: what the user cancels or Slurm
        # itself puts back is "completing" by now. Three turns that come no further are no use.
        if [ "$code" = 130 ] || { [ "$code" -gt 128 ] && [ "$signals" -gt 0 ]; }; then
          if [ "$(squeue -h -j "$me" -o %T 2>/dev/null)" = RUNNING ]; then
            idle=$submission/log/$task.idle
            if [ "$(progress)" = "$before" ]; then turns=$(($(cat "$idle" 2>/dev/null || echo 0) + 1)); else turns=0; fi
            echo "$turns" >"$idle"
            if [ "$turns" -ge 3 ]; then
              echo 0 >"$idle"
              say "ends with exit code $code: three turns came no further; it needs a longer --slurm-time"
              exit "$code"
            fi
            say "stopped; goes back into the queue"
            scontrol requeue "$me" && exit "$code"
          fi
        fi
        say "ends with exit code $code"
        exit "$code"

        """;
}
