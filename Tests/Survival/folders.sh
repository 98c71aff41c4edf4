# Folders that may not be written.

no_permission() {
  local bad=0
  if [ "$(id -u)" != 0 ] || ! command -v setpriv >/dev/null; then skipped "a folder of somebody else's (needs root and setpriv)"; return; fi
  mkdir "$work/others" "$work/home"; chown 65534:65534 "$work/home"
  nobody() { HOME=$work/home DOTNET_BUNDLE_EXTRACT_BASE_DIR=$work/home TMPDIR=$work/home setpriv --reuid=65534 --regid=65534 --clear-groups dotnet "$program" "${command_of_run[@]}" --out "$1" >"$work/out" 2>"$work/err"; }
  nobody "$work/others/run"; refused $? 'no permission' "$work/err" && [ -z "$(ls -A "$work/others")" ] || bad=$((bad + 1))
  echo "      $(sed "s|$work/||" "$work/err")"
  # A run that is there, and somebody else's: half-done, finished.
  at_work "$work/others/half"; kill -KILL "$pid"; ended; cp -a "$whole" "$work/others/finished"
  for folder in half finished; do
    local before; before=$(cd "$work/others/$folder" && find . -type f | sort | xargs sha256sum)
    nobody "$work/others/$folder"; refused $? 'no permission' "$work/err" || bad=$((bad + 1))
    [ "$before" = "$(cd "$work/others/$folder" && find . -type f | sort | xargs sha256sum)" ] || bad=$((bad + 1))
  done
  completes "$work/others/half" && same "$work/others/half" || bad=$((bad + 1))
  step "a folder of somebody else's: a new run, one half-done, one finished" 3 "exit code 2, one line, nothing touched" test "$bad" = 0
}

# A disk with errors becomes read-only under the run. What is open for writing keeps the system from doing so on request; the same folder laid over itself, read-only, is all that the run sees of it from then on.
becomes_read_only() { # how often
  local bad=0 folder=$work/read-only/run
  mkdir -p "$work/read-only"
  for ((i = 0; i < $1; i++)); do
    at_work "$folder"
    if ! { mount --bind "$folder" "$folder" && mount -o remount,bind,ro "$folder"; } 2>"$work/second.err"; then kill -KILL "$pid"; ended; skipped "a folder that becomes read-only (needs root)"; return; fi
    goes_on; refused "$code" 'read-only' "$work/err" || bad=$((bad + 1))
    completes_not "$folder" 'read-only' || bad=$((bad + 1))
    umount "$folder"; completes "$folder" && same "$folder" || bad=$((bad + 1))
    rm -rf "$folder"
  done
  echo "      $(sed "s|$work/||g" "$work/refused")"
  step "the folder becomes read-only under the run, and the run is started again" "$1" "exit code 2, one line; when it may be written again, as undisturbed" test "$bad" = 0
}
completes_not() { run "$1" >"$work/out" 2>"$work/refused"; refused $? "$2" "$work/refused"; }
