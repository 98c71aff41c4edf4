# Signals: the run ends in order, with a checkpoint after the last step that it took, and exit code 130.

steps_in_checkpoint() { checkpoint_head "$1/checkpoint.safetensors" | sed -nE 's/.*\\"steps\\":([0-9]+).*/\1/p'; }
steps_in_lines() { sed -nE 's/.*"split":"step".*"step":([0-9]+).*/\1/p' "$1/metrics.jsonl" | tail -1; }
in_order() { # folder, where it was: nothing was lost, not even a step
  [ -z "$(unfinished_files "$1")" ] || { echo "      $2: a file is half written"; return 1; }
  case $2 in before* | starting) return ;; esac
  grep -q '^Interrupted' "$work/out" || { echo "      $2: it does not say that it was interrupted"; return 1; }
  [ "$(steps_in_checkpoint "$1")" = "$(steps_in_lines "$1")" ] || { echo "      $2: the checkpoint is of step $(steps_in_checkpoint "$1"), the lines go on to $(steps_in_lines "$1")"; return 1; }
}

signal_at_random() { # signal, what it is, how often
  local signals=0 rounds=0 bad=0 late=0 early=0 folder log where at list="" system=130
  local -A fell=()
  case $1 in TERM) system=143 ;; HUP) system=129 ;; esac
  while [ "$signals" -lt "$3" ]; do
    rounds=$((rounds + 1)) folder=$work/signal-$1-$rounds
    [ $((rounds % 8)) != 0 ] || measure_again
    while [ "$signals" -lt "$3" ]; do
      log=$(length_of_log "$folder") at=$(((RANDOM * 32768 + RANDOM) % milliseconds))
      start "$folder"; nap "$((at / 1000)).$(printf %03d $((at % 1000)))"
      kill -"$1" "$pid" 2>/dev/null || { ended; [ "$code" = 0 ] || bad=$((bad + 1)); break; }
      ended; where=$(phase "$folder" "$log") signals=$((signals + 1))
      [ ! -s "$work/err" ] || { bad=$((bad + 1)); echo "      on standard error: $(head -c 500 "$work/err")"; }
      # What comes while .NET itself starts is the system's own, and what comes while the results are written too late.
      if [ "$code" = "$system" ] && [ "$code" != 130 ] && [[ $where = before* || $where = starting ]]; then early=$((early + 1))
      elif [ "$code" = 0 ]; then late=$((late + 1)); break
      elif [ "$code" = 130 ]; then fell[$where]=$((${fell[$where]:-0} + 1)); in_order "$folder" "$where" || bad=$((bad + 1))
      else bad=$((bad + 1)); echo "      $where: exit code $code"; fi
    done
    if completes "$folder" && same "$folder"; then rm -rf "$folder"; else bad=$((bad + 1)); fi
  done
  for where in "${!fell[@]}"; do list+="$where ${fell[$where]}, "; done
  echo "      $list$late while the results were written (exit code 0)$([ "$early" = 0 ] || echo ", $early while .NET itself started (exit code $system)")"
  step "$2 at a random moment" "$signals" "exit code 130, the checkpoint of the last step; as undisturbed" test "$bad" = 0
}

# Again while it stops: the second one ends it at once.
signal_twice() { # how often
  local bad=0 atonce=0 folder=$work/twice
  for ((i = 0; i < $1; i++)); do
    start "$folder"; until [ -f "$folder/checkpoint.safetensors" ] || ! lives; do nap 0.02; done; nap 0.$((RANDOM % 10))
    kill -INT "$pid" 2>/dev/null; nap 0.00$((RANDOM % 5)); kill -INT "$pid" 2>/dev/null; ended
    if [ "$code" = 0 ]; then rm -rf "$folder"; continue; fi
    [ "$code" = 130 ] || { bad=$((bad + 1)); echo "      exit code $code: $(head -c 500 "$work/err")"; }
    grep -q '^Interrupted' "$work/out" || atonce=$((atonce + 1))
  done
  completes "$folder" && same "$folder" || bad=$((bad + 1))
  step "a second Ctrl-C while it stops ($atonce times before it had)" "$1" "exit code 130; as undisturbed" test "$bad" = 0
}

# The terminal goes away under the run, as when a connection breaks: `script` makes a terminal and is killed.
terminal_goes_away() { # how often
  local bad=0 folder terminal
  for ((i = 0; i < $1; i++)); do
    folder=$work/terminal-$i
    script -qfec "echo \$\$ >'$work/pid'; exec env --default-signal=INT,TERM,HUP TERM=xterm dotnet '$program' ${command_of_run[*]} --out '$folder'" /dev/null >"$work/out" 2>"$work/err" </dev/null & terminal=$!
    until [ -f "$folder/checkpoint.safetensors" ] || ! kill -0 "$terminal" 2>/dev/null; do nap 0.02; done; nap 0.0$((RANDOM % 5))
    pid=$(cat "$work/pid"); kill -KILL "$terminal"; wait "$terminal" 2>/dev/null
    while lives; do nap 0.05; done
    grep -q 'Interrupted' "$folder/log.txt" || { bad=$((bad + 1)); echo "      it did not end in order: $(tail -1 "$folder/log.txt")"; }
    [ "$(steps_in_checkpoint "$folder")" = "$(steps_in_lines "$folder")" ] || bad=$((bad + 1))
    completes "$folder" && same "$folder" || bad=$((bad + 1))
  done
  step "the terminal goes away (a connection breaks)" "$1" "the checkpoint of the last step; as undisturbed" test "$bad" = 0
}
