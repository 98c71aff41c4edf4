# Disks that are full, or become so: one line, exit code 2, the checkpoint as it was; with room again the run goes on.

room() { mount -o "remount,size=$1k" "$disk"; }
checkpoint_is_whole() { [ ! -e "$disk/run/checkpoint.safetensors" ] || readable "$disk/run"; }

full_from_the_start() { # sizes in KiB
  has_disks || return
  local bad=0 full=0 last="" list=""
  for size; do
    mount -t tmpfs -o "size=${size}k" tmpfs "$disk"
    run "$disk/run" >"$work/out" 2>"$work/err"; code=$?
    if [ "$code" = 0 ]; then same "$disk/run" || bad=$((bad + 1)); last+="${last:+, }$size"
    else
      full=$((full + 1)); list+="${list:+, }$size"
      refused "$code" 'the disk is full' "$work/err" && [ -z "$(unfinished_files "$disk")" ] && checkpoint_is_whole || { bad=$((bad + 1)); echo "      at $size KiB"; }
      room 65536; completes "$disk/run" && same "$disk/run" || bad=$((bad + 1))
    fi
    umount "$disk"
  done
  echo "      too small: $list KiB; large enough: $last KiB"
  echo "      $(sed "s|$work/||g" "$work/err")"
  step "a disk that is too small, at $full sizes from $1 KiB on" "$full" "exit code 2, one line, no half file; with room again as undisturbed" test "$bad" = 0 -a "$full" -gt 0
}

# Somebody else's file takes what is left, in the middle of the training; a little is left for the sizes from 0 KiB on.
filled_up_in_the_middle() { # how often
  has_disks || return
  local bad=0 kept
  for ((i = 0; i < $1; i++)); do
    mount -t tmpfs -o size=16m tmpfs "$disk"
    at_work "$disk/run"
    head -c "$(((16384 - 28 * i) * 1024))" /dev/zero >"$disk/filler" 2>"$work/second.err"
    goes_on
    [ "$code" != 0 ] || { echo "      $((28 * i)) KiB were enough"; bad=$((bad + 1)); }
    refused "$code" 'the disk is full' "$work/err" && [ -z "$(unfinished_files "$disk/run")" ] && readable "$disk/run" || bad=$((bad + 1))
    rm "$disk/filler"; completes "$disk/run" && same "$disk/run" || bad=$((bad + 1))
    umount "$disk"
  done
  step "a disk that somebody else fills in the middle of the training" "$1" "exit code 2, one line, the checkpoint is whole; with room again as undisturbed" test "$bad" = 0
}

has_disks() {
  disk=$work/disk; mkdir -p "$disk"
  if [ "$(id -u)" = 0 ] && mount -t tmpfs -o size=4k tmpfs "$disk" 2>/dev/null; then umount "$disk"; else skipped "disks of a given size (needs root and tmpfs)"; return 1; fi
}
