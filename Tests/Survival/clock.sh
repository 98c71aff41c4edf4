# Clocks that jump by years. What is measured is measured by the monotonic clock, which does not jump; so faketime leaves that alone.

clock_between() { # times…
  local bad=0 jumps=0 folder=$work/clock
  command -v faketime >/dev/null || { skipped "clocks that jump (Debian: apt-get install -y faketime)"; return; }
  for at; do
    DONT_FAKE_MONOTONIC=1 faketime "$at" dotnet "$program" "${command_of_run[@]}" --out "$folder" >"$work/out" 2>"$work/err" & pid=$!
    until grep -q "^${at:0:4}-.* epoch " "$folder/log.txt" 2>/dev/null || ! lives; do nap 0.01; done
    nap 0.$((RANDOM % 2))$((RANDOM % 10)); kill -KILL "$(children "$pid")" 2>/dev/null; ended; jumps=$((jumps + 1))
    grep -q "^${at:0:4}-" "$folder/log.txt" || { bad=$((bad + 1)); echo "      the log knows nothing of $at"; }
  done
  completes "$folder" && same "$folder" || bad=$((bad + 1))
  echo "      $(cut -c1-4 "$folder/log.txt" | uniq | tr '\n' ' ')"
  step "a clock that jumps by years between a kill and the start after it" "$jumps" "as undisturbed; times in the records are finite, not negative and never fall" test "$bad" = 0
}
# faketime runs the program as its own process, or as a child of it.
children() { pgrep -P "$1" || echo "$1"; }

clock_within() { # how often
  local bad=0 folder library
  library=$(find /usr/lib /usr/local/lib -name libfaketimeMT.so.1 2>/dev/null | head -1)
  [ -n "$library" ] || { skipped "clocks that jump within a run (Debian: apt-get install -y faketime)"; return; }
  for ((i = 0; i < $1; i++)); do
    folder=$work/clock-within-$i; echo '+0' >"$work/clock.rc"
    env DONT_FAKE_MONOTONIC=1 LD_PRELOAD="$library" FAKETIME_TIMESTAMP_FILE="$work/clock.rc" FAKETIME_NO_CACHE=1 dotnet "$program" "${command_of_run[@]}" --out "$folder" >"$work/out" 2>"$work/err" & pid=$!
    local jump=0
    while lives; do
      jump=$((jump + 1)); case $((jump % 4)) in 0) echo '+0' ;; 1) echo '-25y' ;; 2) echo '+9y' ;; 3) echo '-3d' ;; esac >"$work/clock.new"; mv "$work/clock.new" "$work/clock.rc"
      nap 0.05
    done
    ended; [ "$code" = 0 ] && same "$folder" || { bad=$((bad + 1)); echo "      exit code $code: $(head -c 500 "$work/err")"; }
    [ "$(cut -c1-4 "$folder/log.txt" | uniq | wc -l)" -gt 2 ] || { bad=$((bad + 1)); echo "      the log knows nothing of the jumps"; }
  done
  echo "      $(cut -c1-4 "$folder/log.txt" | uniq | tr '\n' ' ')"
  step "a clock that jumps by years, back and forth, twenty times a second within the run" "$1" "as undisturbed; times in the records are finite, not negative and never fall" test "$bad" = 0
}
