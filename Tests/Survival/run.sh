#!/usr/bin/env bash
# What the world does to a run: kills at random moments and within the writing of a file, signals, a second process, folders that may not be written, disks that fill up, clocks that jump, a loss that is no number.
# After each the run must go on and end as one that nobody disturbed, to the bit.
# Usage: Tests/Survival/run.sh [KILLS] (default 300, a third as many more within the writing of files). Needs root for disks of a given size and for clocks; what can't be done here is skipped, and says so.
# Debian: apt-get install -y faketime strace. Ends with the table of docs/reliability.md and a line "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/../.."
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 LC_ALL=C.UTF-8
kills=${1:-300} passed=0 failed=0 table="" rows=""
work=$(mktemp -d) whole=
chmod 755 "$work"
mkfifo "$work/never"
clean_up() {
  [ "$BASHPID" = $$ ] || return # a child that a signal hits before it is the program has this trap, too
  kill -KILL "${pid:-}" 2>/dev/null
  for mounted in "$work"/disk "$work"/read-only/run; do mountpoint -q "$mounted" 2>/dev/null && umount -l "$mounted"; done
  if [ "$failed" = 0 ]; then rm -rf "$work"; else echo "runs and logs are in $work"; fi
}
trap clean_up EXIT

dotnet build Experiments -c Release -v q >"$work/build.log" 2>&1 || { tail -5 "$work/build.log"; echo "0 passed, 1 failed"; exit 1; }
for part in common kills calls signals processes folders disk clock divergence; do . "Tests/Survival/$part.sh"; done

# Twice: two undisturbed runs are the same, or nothing here would mean anything; the second one finds the system's caches warm, so its time counts.
run "$work/first" >"$work/out" 2>"$work/err" || { tail -3 "$work/err"; echo "0 passed, 1 failed"; exit 1; }
whole=$work/whole; begin=$(date +%s%N)
run "$whole" >"$work/out" 2>"$work/err" || { tail -3 "$work/err"; echo "0 passed, 1 failed"; exit 1; }
milliseconds=$((($(date +%s%N) - begin) / 1000000))
echo "an undisturbed run takes $milliseconds ms and has $(grep -c '"split":"step"' "$whole/metrics.jsonl") steps"
step "undisturbed, twice" 2 "the same" same "$work/first"

kill_at_random "$kills"
kill_within_writing $(((kills + 2) / 3))
kill_at_calls $(((kills + 14) / 15))
for signal in "INT Ctrl-C" "TERM SIGTERM" "HUP SIGHUP"; do signal_at_random ${signal% *} ${signal#* } $(((kills + 9) / 10)); done
signal_twice $(((kills + 29) / 30))
terminal_goes_away $(((kills + 29) / 30))
second_process $(((kills + 59) / 60))
two_sweeps
readers $(((kills + 29) / 30))
folder_deleted $(((kills + 59) / 60))
folder_replaced $(((kills + 59) / 60))
no_permission
becomes_read_only $(((kills + 59) / 60))
full_from_the_start 4 16 48 96 128 160 192 224 256 288 320 352 384 416 448 480 512 544 576 640 768
filled_up_in_the_middle $(((kills + 29) / 30))
clock_between 2001-02-03 2035-01-01 1999-12-31 2026-02-28 2037-06-07 1985-10-26
clock_within $(((kills + 59) / 60))
diverges

printf '\n| what | how often | what came of it |\n|---|---|---|\n%s\n' "$table"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
