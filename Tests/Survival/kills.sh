# Kills (SIGKILL) at random moments. Each run is killed until it ends before the next kill would come; then it must be as the undisturbed one.

kill_at_random() { # how many
  local kills=0 rounds=0 different=0 broken=0 half=0 folder log where at
  local -A fell=()
  RANDOM=7
  while [ "$kills" -lt "$1" ]; do
    rounds=$((rounds + 1)) folder=$work/killed-$rounds
    while [ "$kills" -lt "$1" ]; do
      log=$(length_of_log "$folder")
      # Uniform over the time of an undisturbed run, to the millisecond.
      at=$(((RANDOM * 32768 + RANDOM) % milliseconds))
      start "$folder"; nap "$((at / 1000)).$(printf %03d $((at % 1000)))"
      kill -KILL "$pid" 2>/dev/null; ended
      [ "$code" = 137 ] || { [ "$code" = 0 ] || { broken=$((broken + 1)); echo "      exit code $code: $(head -c 500 "$work/err")"; }; break; }
      kills=$((kills + 1)) where=$(phase "$folder" "$log")
      fell[$where]=$((${fell[$where]:-0} + 1))
      [ -z "$(unfinished_files "$folder")" ] || half=$((half + 1))
    done
    completes "$folder" || broken=$((broken + 1))
    if same "$folder"; then rm -rf "$folder"; else different=$((different + 1)); fi
  done
  for where in "before the folder is there" starting preparing training "measuring at the end" "writing the results" "at the end, all written"; do echo "      $where: ${fell[$where]:-0}"; done
  echo "      with a file half written: $half"
  step "killed at a random moment ($rounds runs, $half times within the writing of a file)" "$kills" "as undisturbed" test "$different" = 0 -a "$broken" = 0
}

# Stopped again and again for a moment, and killed when there is a temporary file: within the writing of a file.
kill_within_writing() { # how many
  local kills=0 rounds=0 different=0 broken=0 folder whole_files=0 file name size
  local -A of=()
  RANDOM=8
  while [ "$kills" -lt "$1" ]; do
    rounds=$((rounds + 1)) folder=$work/writing-$rounds
    while [ "$kills" -lt "$1" ]; do
      start "$folder"
      # Not at the first file that comes by: after a random time, and none is ever looked for longer than the run lasts.
      nap "$((RANDOM % 2)).$((RANDOM % 10))"
      while lives; do
        kill -STOP "$pid" 2>/dev/null
        if compgen -G "$folder/*.tmp" >/dev/null || compgen -G "$folder/plots/*.tmp" >/dev/null; then break; fi
        kill -CONT "$pid" 2>/dev/null; nap 0.00$((RANDOM % 5 + 1))
      done
      kill -KILL "$pid" 2>/dev/null; ended
      [ "$code" = 137 ] || { [ "$code" = 0 ] || { broken=$((broken + 1)); echo "      exit code $code: $(head -c 500 "$work/err")"; }; break; }
      file=$(unfinished_files "$folder" | head -1)
      [ -n "$file" ] || continue # it was renamed in the last moment
      kills=$((kills + 1)) name=$(basename "$file" | sed -E 's/^(.*)\.[0-9]+-[0-9]+\.tmp$/\1/') size=$(stat -c %s "$file")
      of[$name]=$((${of[$name]:-0} + 1))
      [ "$name" != checkpoint.safetensors ] || [ "$size" -lt "$(($(stat -c %s "$whole/checkpoint.safetensors") - 16))" ] || whole_files=$((whole_files + 1))
    done
    completes "$folder" || broken=$((broken + 1))
    if same "$folder"; then rm -rf "$folder"; else different=$((different + 1)); fi
  done
  local list=""
  for name in "${!of[@]}"; do list+="${list:+, }$name ${of[$name]}"; done
  echo "      $list; checkpoints that were all there and not yet renamed: $whole_files"
  step "killed within the writing of a file, on purpose ($list; $rounds runs)" "$kills" "as undisturbed" test "$different" = 0 -a "$broken" = 0
}
