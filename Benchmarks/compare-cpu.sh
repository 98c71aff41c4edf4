#!/usr/bin/env bash
# The engine against PyTorch on the CPU: the same steps, in turns, so that both see the machine in the same state. Prints medians and the ratio.
# Usage: Benchmarks/compare-cpu.sh [backbone [batch [width [train|infer [rounds [steps]]]]]]     PYTHON=... chooses the Python that has PyTorch.
set -euo pipefail
cd "$(dirname "$0")/.."
backbone=${1:-resnet18} batch=${2:-128} width=${3:-64} mode=${4:-train} rounds=${5:-3} steps=${6:-10}
python=${PYTHON:-/usr/bin/python3}
options=(--batch "$batch" --width "$width" --mode "$mode" --steps "$steps")

dotnet build Benchmarks -v quiet -nologo
ours=() theirs=()
speed() { sed -n 's/.*"images_per_second": *\([0-9.]*\).*/\1/p'; }
median() { printf '%s\n' "$@" | sort -g | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'; }

for ((round = 1; round <= rounds; round++)); do
    line=$(dotnet run --no-build --project Benchmarks -- throughput "$backbone" "${options[@]}")
    echo "ours    $line"
    ours+=("$(speed <<<"$line")")
    line=$("$python" Benchmarks/peers/pytorch.py "$backbone" "${options[@]}")
    echo "pytorch $line"
    theirs+=("$(speed <<<"$line")")
done

a=$(median "${ours[@]}") b=$(median "${theirs[@]}")
echo "$backbone, width $width, batch $batch, $mode, images/s, median of $rounds: ours $a, PyTorch $("$python" -c 'import torch; print(torch.__version__)') $b, ratio $(awk "BEGIN { printf \"%.2f\", $a / $b }")"
