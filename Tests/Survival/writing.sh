# Kills within the writing of a file: the run is stopped for a moment again and again, and killed when there is a temporary file.

kill_within_writing() { # which files, how many
  local wanted=$1 kills=0 rounds=0 different=0 broken=0 folder whole_files=0 file name size at
  local -A of=()
  RANDOM=8
  while [ "$kills" -lt "$2" ]; do
    rounds=$((rounds + 1)) folder=$work/writing-$wanted-$rounds
    [ $((rounds % 8)) != 0 ] || measure_again
    while [ "$kills" -lt "$2" ]; do
      start "$folder"
      # Not at the first file that comes by, but after a random time of two thirds of a run at most.
      at=$(((RANDOM * 32768 + RANDOM) % milliseconds * 2 / 3)); nap "$((at / 1000)).$(printf %03d $((at % 1000)))"
      while lives; do
        kill -STOP "$pid" 2>/dev/null
        if compgen -G "$folder/$wanted*.$pid-*.tmp" >/dev/null || compgen -G "$folder/plots/$wanted*.$pid-*.tmp" >/dev/null; then break; fi
        kill -CONT "$pid" 2>/dev/null; nap 0.00$((RANDOM % 5 + 1))
      done
      kill -KILL "$pid" 2>/dev/null; ended
      [ "$code" = 137 ] || { [ "$code" = 0 ] || { broken=$((broken + 1)); echo "      exit code $code: $(head -c 500 "$work/err")"; }; break; }
      file=$(unfinished_files "$folder" "$pid" | head -1)
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
  [ "$wanted" != checkpoint ] || list+=", $whole_files of them all there and not yet renamed"
  step "killed within the writing of a file ($list; $rounds runs)" "$kills" "as undisturbed" test "$different" = 0 -a "$broken" = 0
}
