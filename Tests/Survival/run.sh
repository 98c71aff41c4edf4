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
  kill -KILL "${pid:-}" 2>/dev/null
  for disk in "$work"/disk*; do mountpoint -q "$disk" 2>/dev/null && umount -l "$disk"; done
  if [ "$failed" = 0 ]; then rm -rf "$work"; else echo "runs and logs are in $work"; fi
}
trap clean_up EXIT

dotnet build Experiments -c Release -v q >"$work/build.log" 2>&1 || { tail -5 "$work/build.log"; echo "0 passed, 1 failed"; exit 1; }
for part in common kills; do . "Tests/Survival/$part.sh"; done

# Twice: two undisturbed runs are the same, or nothing here would mean anything; the second one finds the system's caches warm, so its time counts.
run "$work/first" >"$work/out" 2>"$work/err" || { tail -3 "$work/err"; echo "0 passed, 1 failed"; exit 1; }
whole=$work/whole; begin=$(date +%s%N)
run "$whole" >"$work/out" 2>"$work/err" || { tail -3 "$work/err"; echo "0 passed, 1 failed"; exit 1; }
milliseconds=$((($(date +%s%N) - begin) / 1000000))
echo "an undisturbed run takes $milliseconds ms and has $(grep -c '"split":"step"' "$whole/metrics.jsonl") steps"
step "undisturbed, twice" 2 "the same" same "$work/first"

kill_at_random "$kills"
kill_within_writing $(((kills + 2) / 3))

printf '\n| what | how often | what came of it |\n|---|---|---|\n%s\n' "$table"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
