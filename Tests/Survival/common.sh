# What the faults share: the run that is disturbed, how it is started, and whether a folder ends as that of a run that nobody disturbed.

# 120 steps with a checkpoint after each, lines for each step, evaluations on the way, attacks at the end: about two seconds, a third of them start-up, a third training, a third measuring and writing.
command_of_run=(synthetic10 lpc-narrow --preset quick --width 2 --train-size 4 --test-size 2 --batch 4 --epochs 12 --eval-every 3 --deepfool-images 20 --pgd-images 20
  --device cpu --threads 1 --seed 3 --checkpoint-every 0 --log-steps --tensorboard --yes)
program=$PWD/Experiments/bin/Release/net10.0/Experiments.dll

# Signals that a shell's background jobs ignore are taken as in a terminal.
lpc() { env --default-signal=INT,TERM,HUP dotnet "$program" "$@"; }
run() { lpc "${command_of_run[@]}" --out "$@"; }
start() { # folder, options…: in the background; $pid is the process
  env --default-signal=INT,TERM,HUP dotnet "$program" "${command_of_run[@]}" --out "$@" >"$work/out" 2>"$work/err" &
  pid=$!
}
ended() { wait "$pid" 2>/dev/null; code=$?; } # the shell would tell of every process that was killed
lives() { kill -0 "$pid" 2>/dev/null; }
nap() { read -rt "$1" <>"$work/never"; true; } # a sleep without a process

step() { # what, how often, what came of it, condition…
  local what=$1 often=$2 came=$3; shift 3
  if "$@"; then echo "ok    $what ($SECONDS s)"; passed=$((passed + 1))
  else echo "FAIL  $what ($SECONDS s)"; failed=$((failed + 1)); came="**not so**"; fi
  table+="| $what | $often | $came |"$'\n'
}
skipped() { echo "skipped: $*"; }

# A refusal: exit code 2, one line on standard error that holds a word, and no defect.
refused() { # code, word, file of standard error
  [ "$1" = 2 ] && [ "$(grep -c . "$3")" = 1 ] && grep -q -- "$2" "$3" && ! grep -q 'A defect' "$3" && return
  echo "      exit code $1, not one line with '$2': $(head -c 500 "$3")"
  return 1
}

# Everything in a run folder that must not depend on what happened on the way. Times are taken out only where they are numbers, finite and not negative: so a text that is equal to the undisturbed run's is JSON
# like that one, which the program has read.
timeless() { sed -E 's/"([Ss]econds|images_per_second)": ?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?/"\1":0/g' "$1"; }
checkpoint_head() { head -c $((8 + $(od -An -t u8 -N 8 "$1"))) "$1" | tail -c +9 | sed -E 's/\\"([Ss]econds)\\":[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?/\\"\1\\":0/; s/ +$//'; }
checkpoint_tensors() { tail -c +$((9 + $(od -An -t u8 -N 8 "$1"))) "$1"; }
columns_without_times() { awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) keep[i] = $i !~ /seconds|per_second/ } { for (i = 1; i <= NF; i++) if (keep[i]) printf "%s,", $i; print "" }' "$1"; }
same() { # folder: as the undisturbed one
  local wrong=""
  diff <(cd "$1" && find . | sort) <(cd "$whole" && find . | sort) >"$work/diff" || wrong+=" the list of files ($(grep '^[<>]' "$work/diff" | tr '\n' ' '))"
  cmp -s "$1/model.safetensors" "$whole/model.safetensors" || wrong+=" model.safetensors"
  cmp -s <(checkpoint_head "$1/checkpoint.safetensors") <(checkpoint_head "$whole/checkpoint.safetensors") || wrong+=" the checkpoint's state"
  cmp -s <(checkpoint_tensors "$1/checkpoint.safetensors") <(checkpoint_tensors "$whole/checkpoint.safetensors") || wrong+=" the checkpoint's tensors"
  for file in metrics.jsonl summary.json; do cmp -s <(timeless "$1/$file") <(timeless "$whole/$file") || wrong+=" $file"; done
  times_grow "$1" || wrong+=" the seconds in metrics.jsonl"
  cmp -s <(columns_without_times "$1/metrics.csv") <(columns_without_times "$whole/metrics.csv") || wrong+=" metrics.csv"
  for file in latents.json plots/collapse.png; do cmp -s "$1/$file" "$whole/$file" || wrong+=" $file"; done
  [ "$(events "$1")" = "$(events "$whole")" ] || wrong+=" tensorboard"
  [ -z "$wrong" ] || { echo "      $1 differs in$wrong"; return 1; }
}
events() { stat -c %s "$1"/tensorboard/*; } # with times of fixed length
times_grow() { sed -nE 's/.*"seconds":([0-9.eE+-]+).*/\1/p' "$1/metrics.jsonl" | awk 'NR > 1 && $1 < last { bad = 1 } { last = $1 } END { exit bad }'; }
# How long an undisturbed run takes now; a machine that does other work as well is not always as fast.
measure() { # folder
  local begin; begin=$(date +%s%N)
  run "$1" >"$work/out" 2>"$work/err" || { tail -3 "$work/err"; return 1; }
  milliseconds=$((($(date +%s%N) - begin) / 1000000))
}
measure_again() { measure "$work/measured"; rm -rf "$work/measured"; }
# A run that is to end whole, and does.
completes() { run "$1" >"$work/out" 2>"$work/err" || { echo "      exit code $?: $(head -c 500 "$work/err")"; return 1; }; }

# A checkpoint that can be read, every tensor of it.
readable() { lpc export "$1/checkpoint.safetensors" --safetensors "$work/exported.safetensors" >"$work/exported.out" 2>&1 || { tail -1 "$work/exported.out"; return 1; }; }

phase() { # folder, length of log.txt before: where a process was that is gone now
  local said
  [ -d "$1" ] || { echo "before the folder is there"; return; }
  said=$(tail -c +$(($2 + 1)) "$1/log.txt" 2>/dev/null)
  case $said in
    *' steps in '* | *'is finished'*) echo "at the end, all written" ;;
    *$'PGD, L∞: '*' in '*) echo "writing the results" ;;
    *DeepFool*) echo "measuring at the end" ;;
    *' epoch '*) echo "training" ;;
    '') echo "starting" ;;
    *) echo "preparing" ;;
  esac
}
length_of_log() { stat -c %s "$1/log.txt" 2>/dev/null || echo 0; }
unfinished_files() { find "$1" -name "*.${2:-*}-*.tmp" 2>/dev/null; } # folder, of which process (default: of any)
