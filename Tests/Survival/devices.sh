# Kills on a device of ILGPU, whose start compiles kernels and keeps them on disk: also while they are written there, and read again by the next start.

kill_on_opencl() { # how many
  local kills=0 rounds=0 bad=0 length begin at folder whole_before=$whole
  local -a before=("${command_of_run[@]}")
  lpc devices 2>"$work/err" | grep -q '^opencl' || { skipped "kills on an OpenCL device (Debian: apt-get install -y pocl-opencl-icd ocl-icd-libopencl1)"; return; }
  command_of_run=("${command_of_run[@]/#cpu/opencl}" --backbone mlp)
  whole=$work/whole-opencl
  export LPC_CACHE=$work/kernels POCL_CACHE_DIR=$work/pocl
  mkdir -p "$POCL_CACHE_DIR"
  begin=$(date +%s%N); completes "$whole" || bad=$((bad + 1)); length=$((($(date +%s%N) - begin) / 1000000))
  while [ "$kills" -lt "$1" ]; do
    rounds=$((rounds + 1)) folder=$work/opencl-$rounds
    rm -rf "${LPC_CACHE:?}" # compiled anew, until a start has got through
    while [ "$kills" -lt "$1" ]; do
      at=$(((RANDOM * 32768 + RANDOM) % length))
      start "$folder"; nap "$((at / 1000)).$(printf %03d $((at % 1000)))"
      kill -KILL "$pid" 2>/dev/null; ended
      [ "$code" = 137 ] || { [ "$code" = 0 ] || { bad=$((bad + 1)); echo "      exit code $code: $(head -c 500 "$work/err")"; }; break; }
      kills=$((kills + 1))
    done
    completes "$folder" && same "$folder" && rm -rf "$folder" || bad=$((bad + 1))
  done
  echo "      an undisturbed run takes $length ms, compiling included; $rounds runs"
  command_of_run=("${before[@]}") whole=$whole_before
  unset LPC_CACHE POCL_CACHE_DIR
  step "killed at a random moment on an OpenCL device, kernels compiled anew in each of $rounds runs" "$kills" "as undisturbed on that device" test "$bad" = 0
}
