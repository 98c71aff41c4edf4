#!/usr/bin/env bash
# Sweeps on a real Slurm: controller and node daemon of this one machine, in a temporary folder, without systemd. Debian: apt-get install -y slurm-wlm munge
# Ends with a line "N passed, N failed"; where Slurm is missing or won't start, with "skipped: …" before it. Takes about ten minutes: Slurm counts time limits in minutes.
set -uo pipefail
cd "$(dirname "$0")/../.."
export PATH=$PATH:/usr/sbin DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
passed=0 failed=0
skip() { echo "skipped: $*"; echo "0 passed, 0 failed"; exit 0; }
for program in slurmctld slurmd sbatch squeue scontrol munged; do
  command -v "$program" >/dev/null || skip "no $program here (Debian: apt-get install -y slurm-wlm munge)"
done

work=$(mktemp -d)
chmod 755 "$work"
runs="$work/my 50% \"runs\"" # as awkward as a user's folder may be
node=$(hostname -s)
export SLURM_CONF=$work/slurm.conf
lpc() { dotnet Experiments/bin/Release/net10.0/Experiments.dll "$@"; }
ends() { # pid file: ends a daemon of ours
  local pid
  pid=$(cat "$1" 2>/dev/null) || return 0
  kill -TERM "$pid" 2>/dev/null
  for _ in $(seq 50); do kill -0 "$pid" 2>/dev/null || return 0; sleep 0.2; done
  kill -KILL "$pid" 2>/dev/null
}
clean_up() {
  scancel --full --signal=KILL --user="$(id -un)" 2>/dev/null
  scancel --user="$(id -un)" 2>/dev/null
  [ -z "${whole:-}" ] || kill "$whole" 2>/dev/null
  sleep 2
  ends "$work/slurmd.pid"; ends "$work/slurmctld.pid"; ends "$work/munge/pid"
  if [ "$failed" = 0 ]; then rm -rf "$work"; else echo "logs are in $work"; fi
}
trap clean_up EXIT

mkdir -p "$work"/{state,spool,log,munge}
(umask 077 && head -c 128 /dev/urandom >"$work/munge/key")
chmod 711 "$work/munge"
munged --force --key-file="$work/munge/key" --socket="$work/munge/socket" --pid-file="$work/munge/pid" --log-file="$work/log/munged.log" --seed-file="$work/munge/seed" \
  >"$work/log/munged.out" 2>&1 || skip "munged does not start: $(tail -1 "$work/log/munged.out")"
# A node that is not heard of for 15 seconds is down; what goes back into the queue waits for cred_expire, two minutes as a rule.
cat >"$SLURM_CONF" <<CONF
ClusterName=lpc
SlurmctldHost=$node(127.0.0.1)
SlurmctldPort=$((20000 + RANDOM % 5000))
SlurmdPort=$((25000 + RANDOM % 5000))
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
AuthInfo=socket=$work/munge/socket,cred_expire=5
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/log/slurmctld.log
SlurmdLogFile=$work/log/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
ReturnToService=2
SlurmdTimeout=15
SlurmdParameters=config_overrides
NodeName=$node NodeAddr=127.0.0.1 CPUs=4 RealMemory=2000
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SlurmctldParameters=preempt_send_user_signal
PartitionName=all Nodes=$node Default=YES MaxTime=INFINITE PriorityTier=5 PreemptMode=OFF
PartitionName=cheap Nodes=$node MaxTime=INFINITE PriorityTier=1 PreemptMode=REQUEUE
PartitionName=warned Nodes=$node MaxTime=INFINITE PriorityTier=1 PreemptMode=REQUEUE GraceTime=40
PartitionName=dear Nodes=$node MaxTime=INFINITE PriorityTier=9 PreemptMode=OFF
CONF
slurmctld -c >"$work/log/slurmctld.out" 2>&1 || skip "slurmctld does not start: $(tail -1 "$work/log/slurmctld.out")"
slurmd >"$work/log/slurmd.out" 2>&1 || skip "slurmd does not start: $(tail -1 "$work/log/slurmd.out")"

step() { # name, command…: one more thing that passes or fails
  local name=$1; shift
  if "$@"; then echo "ok    $name ($SECONDS s)"; passed=$((passed + 1)); else echo "FAIL  $name ($SECONDS s)"; failed=$((failed + 1)); fi
}
until_true() { # seconds, command…
  local end=$((SECONDS + $1)); shift
  until "$@"; do [ "$SECONDS" -lt "$end" ] || return 1; sleep 1; done
}
node_is() { sinfo -h -o %T 2>/dev/null | grep -q "^$1"; }
until_true 60 node_is idle || skip "the node does not come up: $(tail -1 "$work/log/slurmd.log")"
[ -f Experiments/bin/Release/net10.0/Experiments.dll ] || dotnet build Experiments -c Release >"$work/log/build.out" 2>&1 || { tail -3 "$work/log/build.out"; echo "0 passed, 1 failed"; exit 1; }

tiny=(--preset quick --lrs 1e-3 --train-size 2 --test-size 1 --width 2 --batch 10 --deepfool-images 2 --pgd-images 0 --device cpu --threads 1)
asked=(--slurm --slurm-memory 400M)
queue() { squeue -h -r -o '%F_%K %T %r'; }
queue_is_empty() { [ -z "$(queue)" ]; }
task_is() { queue | grep -q "^[0-9_]* $1"; }
says() { grep -q -- "$1" <<<"$said" || { echo "$said"; return 1; }; }
model() { find "$runs/$1" -name model.safetensors 2>/dev/null; }
same_bits() { [ -n "$(model "$1")" ] && cmp "$(model "$1")" "$(model whole)"; }
log_of() { cat "$runs/$1"/synthetic10/slurm/*/log/1.log; }
log_says() { log_of "$1" | grep -q -- "$2"; }
starts() { [ "$(log_of "$1" | grep -c 'starts$')" -ge "$2" ]; }
parent() { awk '/^PPid:/ { print $2 }' "/proc/$1/status"; }
has_epochs() { [ "$(cat "$runs/$1"/synthetic10/lpc-narrow/*/metrics.jsonl 2>/dev/null | wc -l)" -gt "$2" ]; }
undisturbed() {
  step "$1: the weights are those of an undisturbed run, to the bit" same_bits "$1"
  step "$1: no epoch is there twice" [ -z "$(epochs_of "$1" | grep -vx "$epochs")" ]
}
epochs_of() { sed -nE 's/.*"epoch":([0-9]+).*/\1/p' "$runs/$1"/synthetic10/lpc-narrow/*/metrics.jsonl | sort -n | uniq -d | head -1; } # none is there twice before the last

# 1. A sweep as an array.
grid=(sweep synthetic10 --variants lpc-narrow,nopen --seeds 2 "${tiny[@]}" --epochs 2 --out "$runs/array")
said=$(lpc "${grid[@]}" "${asked[@]}" --dry-run --slurm-time 10 --jobs 2 2>&1); step "--dry-run writes the script and submits nothing" says '^script .*/1/job.sh'
step "the queue is empty" queue_is_empty
said=$(lpc "${grid[@]}" "${asked[@]}" --slurm-time 10 --jobs 2 2>&1); step "an array of four tasks is submitted" says '^submitted job [0-9]*: 4 tasks'
said=$(lpc "${grid[@]}" "${asked[@]}" --slurm-time 10 --jobs 2 2>&1); step "submitted again at once, nothing is submitted" says '^state     0 done, 4 running or in the queue, 0 to submit'
said=$(lpc "${grid[@]}" --status 2>&1); step "--status knows the tasks" says 'job [0-9]*_[1-4] \(RUNNING\|PENDING\)'
step "the array ends" until_true 240 queue_is_empty
said=$(lpc "${grid[@]}" --status 2>&1); step "--status shows four runs that are done" says '^state     4 done$'
said=$(lpc "${grid[@]}" "${asked[@]}" 2>&1); step "what is finished is not submitted" says '^state     4 done, 0 running or in the queue, 0 to submit'
step "the queue is still empty" queue_is_empty
said=$(lpc report "$runs/array" --out "$work/report.md" 2>&1); step "report reads the runs" says '^4 runs in 1 comparison'

# How many epochs take about 100 seconds here: a time limit is at least a minute and told up to a minute early.
begin=$(date +%s%N)
lpc synthetic10 lpc-narrow --lr 1e-3 "${tiny[@]:0:2}" "${tiny[@]:4}" --seed 9 --epochs 400 --eval-every 100000 --no-evaluate --out "$work/speed" >"$work/log/speed.out" 2>&1
epochs=$((400 * 100 * 1000 / (($(date +%s%N) - begin) / 1000000)))
echo "      $epochs epochs"
long=(synthetic10 "${tiny[@]:0:2}" "${tiny[@]:4}" --epochs "$epochs" --eval-every 100000 --checkpoint-every 2)
lpc "${long[0]}" lpc-narrow "${long[@]:1}" --lr 1e-3 --seed 1 --yes --out "$runs/whole" >"$work/log/whole.out" 2>&1 &
whole=$!
submit() { local name=$1; shift; lpc sweep "${long[@]}" --variants lpc-narrow --lrs 1e-3 --seeds 1 "${asked[@]}" --out "$runs/$name" "$@" 2>&1; }

# 2. The node is lost: daemon, job and all. Then the daemon alone, while the run goes on and keeps its folder.
said=$(submit lost --slurm-time 30); step "a run begins" until_true 60 has_epochs lost 20
# The program, the script that started it, and Slurm's process above that, as a power cut would end them.
program=$(sed -nE 's/^process ([0-9]+) .*/\1/p' "$runs/lost"/synthetic10/lpc-narrow/*/.lock-owner)
script=$(parent "$program")
kill -KILL "$(cat "$work/slurmd.pid")" "$(parent "$script")" "$script" "$program"
at=$(cat "$runs/lost"/synthetic10/lpc-narrow/*/metrics.jsonl | wc -l)
step "a node that is gone is down" until_true 90 node_is down
slurmd; step "the node is back, and the task starts again" until_true 120 starts lost 2
step "its run goes on from the checkpoint" until_true 60 has_epochs lost $((at + 20))
kill -KILL "$(cat "$work/slurmd.pid")"
step "a node whose daemon died is down" until_true 90 node_is down
slurmd; step "the task starts a third time" until_true 120 starts lost 3

# 3. A signal, and the end of a turn's time.
submit stopped --slurm-time 30 >"$work/log/stopped.out"
submit limit --slurm-time 2 >"$work/log/limit.out"
step "a run begins that will be stopped" until_true 120 has_epochs stopped 20
job=$(sed -nE 's/^submitted job ([0-9]+):.*/\1/p' "$work/log/stopped.out")
scancel --batch --signal=TERM "${job}_1"
step "stopped by a signal, it writes a checkpoint and goes back into the queue" until_true 60 log_says stopped 'stopped; goes back into the queue'
step "its task starts again" until_true 90 starts stopped 2
step "the end of its time sends a run back into the queue" until_true 200 log_says limit 'stopped; goes back into the queue'

step "all of them end" until_true 600 queue_is_empty
wait "$whole"; whole=
for name in lost stopped limit; do undisturbed "$name"; done

# 4. Somebody with more rights takes the node, with and without a time of grace.
submit preempted --slurm-time 30 --slurm-partition cheap >"$work/log/preempted.out"
submit warned --slurm-time 30 --slurm-partition warned >"$work/log/warned.out"
step "two runs begin that will be preempted" until_true 120 eval 'has_epochs preempted 20 && has_epochs warned 20'
sbatch --parsable --partition=dear --exclusive --output=/dev/null --time=5 --wrap 'sleep 3' >"$work/log/dear.out"
step "the first one goes away with a checkpoint" until_true 90 log_says preempted 'ends with exit code 130'
step "the second one goes back into the queue when it is warned" until_true 90 log_says warned 'exit code 130\|goes back into the queue'
step "both start again" until_true 180 eval 'starts preempted 2 && starts warned 2'

step "both end" until_true 600 queue_is_empty
for name in preempted warned; do undisturbed "$name"; done

# 5. What its user cancels stays cancelled.
submit cancelled --slurm-time 30 >"$work/log/cancelled.out"
step "a run begins that will be cancelled" until_true 60 has_epochs cancelled 20
scancel "$(sed -nE 's/^submitted job ([0-9]+):.*/\1/p' "$work/log/cancelled.out")"
step "it writes a checkpoint and ends" until_true 60 log_says cancelled 'ends with exit code 130'
sleep 8
step "it does not come back" queue_is_empty
said=$(lpc sweep "${long[@]}" --variants lpc-narrow --lrs 1e-3 --seeds 1 --out "$runs/cancelled" --status 2>&1); step "--status says that it was interrupted" says '^interrupted lpc-narrow'

for name in array lost stopped limit preempted warned cancelled; do echo "--- $name"; log_of "$name" | grep ' task [0-9]* of job '; done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
