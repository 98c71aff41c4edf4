# Kills (SIGKILL) at random moments. Each run is killed until it ends before the next kill would come; then it must be as the undisturbed one.

kill_at_random() { # how many
  local kills=0 rounds=0 different=0 broken=0 half=0 folder log where at
  local -A fell=()
  RANDOM=7
  while [ "$kills" -lt "$1" ]; do
    rounds=$((rounds + 1)) folder=$work/killed-$rounds
    [ $((rounds % 8)) != 0 ] || measure_again
    while [ "$kills" -lt "$1" ]; do
      log=$(length_of_log "$folder")
      # Uniform over the time of an undisturbed run, to the millisecond.
      at=$(((RANDOM * 32768 + RANDOM) % milliseconds))
      start "$folder"; nap "$((at / 1000)).$(printf %03d $((at % 1000)))"
      kill -KILL "$pid" 2>/dev/null; ended
      [ "$code" = 137 ] || { [ "$code" = 0 ] || { broken=$((broken + 1)); echo "      exit code $code: $(head -c 500 "$work/err")"; }; break; }
      kills=$((kills + 1)) where=$(phase "$folder" "$log")
      fell[$where]=$((${fell[$where]:-0} + 1))
      [ -z "$(unfinished_files "$folder" "$pid")" ] || half=$((half + 1))
    done
    completes "$folder" || broken=$((broken + 1))
    if same "$folder"; then rm -rf "$folder"; else different=$((different + 1)); fi
  done
  for where in "before the folder is there" starting preparing training "measuring at the end" "writing the results" "at the end, all written"; do echo "      $where: ${fell[$where]:-0}"; done
  echo "      with a file half written: $half"
  step "killed at a random moment ($rounds runs, $half times within the writing of a file)" "$kills" "as undisturbed" test "$different" = 0 -a "$broken" = 0
}
