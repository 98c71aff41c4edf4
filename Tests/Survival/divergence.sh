# A loss that is no number: one line that names the step and the operation, exit code 3, and the last good checkpoint stays.

diverges() {
  local bad=0 folder=$work/diverges
  local -a command=(synthetic10 lpc-narrow --preset quick --width 2 --train-size 4 --test-size 2 --batch 4 --device cpu --threads 1 --seed 3 --checkpoint-every 0 --log-steps --yes --out "$folder")
  for way in "--lr 1e20" "--gamma-hold 2 --gamma-factor 1e30 --gamma-max 1e38"; do
    rm -rf "$folder"
    # shellcheck disable=SC2086
    lpc "${command[@]}" --epochs 12 $way >"$work/out" 2>"$work/err"; code=$?
    echo "      $(sed "s|$work/||g" "$work/err")"
    [ "$code" = 3 ] && [ "$(grep -c . "$work/err")" = 1 ] && grep -qE 'diverged in epoch [0-9]+ at step [0-9]+ .*(in the result of|in the next result of|in the gradient of|after its update)' "$work/err" \
      && [ ! -e "$folder/summary.json" ] && [ ! -e "$folder/model.safetensors" ] && [ -z "$(unfinished_files "$folder")" ] || { bad=$((bad + 1)); echo "      $way: exit code $code"; }
    if [ -e "$folder/checkpoint.safetensors" ]; then
      # Good: its network computes numbers.
      lpc evaluate "$folder" --threads 1 --deepfool-images 0 --pgd-images 0 --json >"$work/second.out" 2>&1 && tail -1 "$work/second.out" | grep -q '"test_loss":[0-9]' || { bad=$((bad + 1)); tail -1 "$work/second.out"; }
      grep -q 'The last good checkpoint is kept' "$work/err" || bad=$((bad + 1))
    else grep -q "no earlier checkpoint" "$work/err" || bad=$((bad + 1)); fi
  done
  step "a loss that is no number (--lr 1e20; gamma to 1e38)" 2 "exit code 3, one line with step and operation, the last good checkpoint stays" test "$bad" = 0
}
