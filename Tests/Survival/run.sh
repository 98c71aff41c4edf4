#!/usr/bin/env bash
# What the world does to a run: kills at random moments and within the writing of a file, signals, a second process, folders that may not be written, disks that fill up, clocks that jump, a loss that is no number.
# After each the run must go on and end as one that nobody disturbed, to the bit.
# Usage: Tests/Survival/run.sh [KILLS [PART…]]. KILLS (default 300) are those at random moments; the other faults happen a third to a sixtieth as often. Parts are the files beside this one; without any it is
# all of them. Tests/Survival/run.sh 10 kills writing divergence takes about a minute.
# Needs root for disks of a given size; what can't be done here is skipped, and says so. Debian: apt-get install -y faketime strace. Ends with the table of docs/reliability.md and a line "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/../.."
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 LC_ALL=C.UTF-8
all=(kills writing calls devices signals processes folders disk clock divergence)
kills=${1:-300} parts=("${@:2}") passed=0 failed=0 table=""
[ "${#parts[@]}" != 0 ] || parts=("${all[@]}")
for part in "${parts[@]}"; do [[ " ${all[*]} " = *" $part "* ]] || { echo "no part '$part'; there are: ${all[*]}" >&2; exit 2; }; done
[[ $kills =~ ^[1-9][0-9]*$ ]] || { echo "KILLS is a number, not '$kills'" >&2; exit 2; }
work=$(mktemp -d) whole=
chmod 755 "$work"
mkfifo "$work/never"
mkdir "$work/tmp"; export TMPDIR=$work/tmp # where killed processes of .NET leave their sockets
clean_up() {
  [ "$BASHPID" = $$ ] || return # a child that a signal hits before it is the program has this trap, too
  kill -KILL "${pid:-}" 2>/dev/null
  for mounted in "$work"/disk "$work"/read-only/run; do mountpoint -q "$mounted" 2>/dev/null && umount -l "$mounted"; done
  if [ "$failed" = 0 ]; then rm -rf "$work"; else echo "runs and logs are in $work"; fi
}
trap clean_up EXIT

dotnet build Experiments -c Release -v q >"$work/build.log" 2>&1 || { tail -5 "$work/build.log"; echo "0 passed, 1 failed"; exit 1; }
for part in common "${all[@]}"; do . "Tests/Survival/$part.sh"; done

# Twice: two undisturbed runs are the same, or nothing here would mean anything; the second one finds the system's caches warm, so its time counts.
run "$work/first" >"$work/out" 2>"$work/err" || { tail -3 "$work/err"; echo "0 passed, 1 failed"; exit 1; }
whole=$work/whole
measure "$whole" || { echo "0 passed, 1 failed"; exit 1; }
echo "an undisturbed run takes $milliseconds ms and has $(grep -c '"split":"step"' "$whole/metrics.jsonl") steps"
step "undisturbed, twice" 2 "the same" same "$work/first"

of_kills() { echo $(((kills + $1 - 1) / $1)); } # one for each so many kills, and at least one
for part in "${parts[@]}"; do
  case $part in
    kills) kill_at_random "$kills" ;;
    writing) kill_within_writing checkpoint "$(of_kills 3)"; kill_within_writing '' "$(of_kills 10)" ;;
    calls) kill_at_calls "$(of_kills 15)" ;;
    devices) kill_on_opencl "$(of_kills 60)" ;;
    signals)
      for signal in "INT Ctrl-C" "TERM SIGTERM" "HUP SIGHUP"; do signal_at_random "${signal% *}" "${signal#* }" "$(of_kills 10)"; done
      signal_twice "$(of_kills 30)"; terminal_goes_away "$(of_kills 30)" ;;
    processes) second_process "$(of_kills 60)"; two_sweeps; readers "$(of_kills 30)"; folder_deleted "$(of_kills 60)"; folder_replaced "$(of_kills 60)" ;;
    folders) no_permission; becomes_read_only "$(of_kills 60)" ;;
    disk) full_from_the_start 4 16 48 96 128 160 192 224 256 288 320 352 384 416 448 480 512 544 576 640 768; filled_up_in_the_middle "$(of_kills 30)" ;;
    clock) clock_between 2001-02-03 2035-01-01 1999-12-31 2026-02-28 2037-06-07 1985-10-26; clock_within "$(of_kills 60)" ;;
    divergence) diverges ;;
  esac
done

printf '\n| what | how often | what came of it |\n|---|---|---|\n%s\n' "$table"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
