# Others at the same folder: a second process, two sweeps, readers, somebody who deletes it.

at_work() { # folder: a run that has a checkpoint and is stopped in the middle of its training
  start "$1"; until [ -f "$1/checkpoint.safetensors" ] || ! lives; do nap 0.01; done
  kill -STOP "$pid"
}
goes_on() { kill -CONT "$pid"; ended; }

second_process() { # how often
  local bad=0 folder=$work/two before
  at_work "$folder"; before=$(cd "$folder" && find . -type f | sort | xargs sha256sum)
  for ((i = 0; i < $1; i++)); do
    run "$folder" >"$work/second.out" 2>"$work/second.err"; refused $? "in use by process $pid on" "$work/second.err" || bad=$((bad + 1))
  done
  lpc evaluate "$folder" --threads 1 >"$work/second.out" 2>"$work/second.err"; refused $? "in use by process $pid on" "$work/second.err" || bad=$((bad + 1))
  [ "$before" = "$(cd "$folder" && find . -type f | sort | xargs sha256sum)" ] || { bad=$((bad + 1)); echo "      the second process changed the folder"; }
  echo "      $(sed "s|$work/||" "$work/second.err")"
  goes_on; [ "$code" = 0 ] && same "$folder" || bad=$((bad + 1))
  step "a second process on the folder (the same command $1 times, \`evaluate\` once)" $(($1 + 1)) "exit code 2, one line, nothing touched; the first as undisturbed" test "$bad" = 0
}

two_sweeps() {
  local bad=0 first second sweep=(sweep synthetic10 "${command_of_run[@]:2}" --variants lpc-narrow,nopen --lrs 1e-3 --seeds 1)
  unset 'sweep[-1]'
  local -a grid=()
  # A sweep has seeds of its own.
  for ((i = 0; i < ${#sweep[@]}; i++)); do if [ "${sweep[i]}" = --seed ]; then i=$((i + 1)); else grid+=("${sweep[i]}"); fi; done
  grid+=(1)
  lpc "${grid[@]}" --jobs 1 --out "$work/sweep-alone" >"$work/out" 2>"$work/err" || { bad=1; head -c 500 "$work/err"; }
  lpc "${grid[@]}" --jobs 1 --out "$work/sweep" >"$work/out" 2>"$work/err" & first=$!
  lpc "${grid[@]}" --jobs 1 --out "$work/sweep" >"$work/second.out" 2>"$work/second.err" & second=$!
  wait "$first" || { bad=$((bad + 1)); echo "      the first: exit code $?, $(head -c 500 "$work/err")"; }
  wait "$second" || { bad=$((bad + 1)); echo "      the second: exit code $?, $(head -c 500 "$work/second.err")"; }
  local whole_before=$whole one compared=0
  while read -r one; do whole=$work/sweep-alone/$one; same "$work/sweep/$one" && compared=$((compared + 1)); done < <(cd "$work/sweep-alone" && find . -name model.safetensors -printf '%h\n')
  whole=$whole_before
  [ "$compared" = 2 ] || bad=$((bad + 1))
  step "two sweeps at once on the same two folders" 1 "exit code 0 of both, runs as of one sweep alone" test "$bad" = 0
}

readers() { # how often: beside a run that is at work all the time
  local bad=0 folder=$work/read/run
  for ((i = 0; i < $1; i++)); do
    start "$folder"; until [ -f "$folder/checkpoint.safetensors" ] || ! lives; do nap 0.02; done
    lpc export "$folder/checkpoint.safetensors" --safetensors "$work/exported.safetensors" >"$work/second.out" 2>"$work/second.err" || { bad=$((bad + 1)); head -c 500 "$work/second.err"; }
    lpc report "$work/read" --out "$work/report.html" >"$work/second.out" 2>"$work/second.err" || grep -q 'no finished run' "$work/second.err" || { bad=$((bad + 1)); head -c 500 "$work/second.err"; }
    ended; [ "$code" = 0 ] && same "$folder" || bad=$((bad + 1))
    rm -rf "$folder"
  done
  step "\`export\` and \`report\` while it is written" $((2 * $1)) "they read whole files; as undisturbed" test "$bad" = 0
}

folder_deleted() { # how often
  local bad=0 folder
  for ((i = 0; i < $1; i++)); do
    folder=$work/deleted; at_work "$folder"; rm -rf "$folder"; goes_on
    refused "$code" "$folder.* \(was deleted while this run worked in it\|its folder does not exist\)" "$work/err" && [ ! -e "$folder" ] || bad=$((bad + 1))
  done
  step "the folder is deleted under the run" "$1" "exit code 2, one line" test "$bad" = 0
}

# Deleted, and begun anew by a second process while the first one still works.
folder_replaced() { # how often
  local bad=0 folder first
  for ((i = 0; i < $1; i++)); do
    folder=$work/replaced-$i; at_work "$folder"; first=$pid; rm -rf "$folder"; cp "$work/err" "$work/first.err"
    env --default-signal=INT,TERM,HUP dotnet "$program" "${command_of_run[@]}" --out "$folder" >"$work/second.out" 2>"$work/second.err" & pid=$!
    until [ -f "$folder/checkpoint.safetensors" ] || ! lives; do nap 0.01; done; kill -STOP "$pid"
    kill -CONT "$first"; wait "$first" 2>/dev/null; refused $? "\(process $pid on .* has a new one of that name\|its folder does not exist\)" "$work/err" || bad=$((bad + 1))
    goes_on; [ "$code" = 0 ] && same "$folder" || bad=$((bad + 1))
  done
  step "the folder is deleted under the run, and begun anew by a second process" "$1" "the first one ends: exit code 2, one line; the second as undisturbed" test "$bad" = 0
}
