# Kills at the system calls that change files, one by one: `strace` sends SIGKILL as a call begins, so that it does not happen any more. (With --seccomp-bpf it would be faster, and strace 6.1 send nothing.)

kill_at_calls() { # how many places of each kind of call at most: half of them the last ones, a quarter the first, the others between
  local bad=0 kills=0 kind count places n folder=$work/calls list=""
  command -v strace >/dev/null && strace -f -o /dev/null true 2>/dev/null || { skipped "kills at system calls (Debian: apt-get install -y strace)"; return; }
  traced() { env --default-signal=INT,TERM,HUP strace -f -qq -o "$work/calls.txt" "$@" dotnet "$program" "${command_of_run[@]}" --out "$folder" >"$work/out" 2>"$work/err"; }
  for kind in rename pwrite64 fsync ftruncate unlink mkdir; do
    rm -rf "$folder"
    # Counted where the run does them, in its own thread: the runtime's files are none of the run's.
    traced -e trace="$kind" || bad=$((bad + 1))
    count=$(awk '{ n[$1]++ } END { for (i in n) if (n[i] > most) most = n[i]; print most + 0 }' "$work/calls.txt")
    places=$(for ((n = 1; n <= count; n++)); do echo "$n"; done | awk -v most="$1" -v count="$count" \
      'count <= most || NR > count - most / 2 || NR <= most / 4 || (NR * 4) % (4 * int(count * 4 / most)) == 0')
    list+="${list:+, }$kind $(wc -w <<<"$places") of $count"
    for n in $places; do
      rm -rf "$folder"
      traced -e trace="$kind" -e inject="$kind":signal=SIGKILL:when="$n" 2>/dev/null & wait $! 2>/dev/null; code=$?
      # Kinds of which the run has few are called by the runtime, too: a place that this start did not reach.
      if [ "$code" = 0 ]; then same "$folder" || bad=$((bad + 1)); continue; fi
      kills=$((kills + 1))
      completes "$folder" && same "$folder" || { bad=$((bad + 1)); echo "      killed at $kind $n"; }
    done
  done
  echo "      $list"
  step "killed as a system call begins ($list)" "$kills" "as undisturbed" test "$bad" = 0
}
