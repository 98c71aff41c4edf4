#!/usr/bin/env bash
# Each convolution of a network, the engine against PyTorch on the CPU: in turns, so that both see the machine in the same state. Prints a
# Markdown table of medians over the turns; with a file, also puts it there (docs/cpu-performance.md has the places).
# Usage: Benchmarks/compare-convolutions.sh [backbone [batch [width [rounds [steps [file]]]]]]
# PYTHON=... chooses the Python that has PyTorch.
set -euo pipefail
cd "$(dirname "$0")/.."
backbone=${1:-resnet18} batch=${2:-128} width=${3:-64} rounds=${4:-3} steps=${5:-9} file=${6:-}
python=${PYTHON:-/usr/bin/python3}
options=(--backbone "$backbone" --batch "$batch" --width "$width" --steps "$steps")

dotnet build Benchmarks -v quiet -nologo >&2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
version=$("$python" -c 'import torch; print(torch.__version__)')
for ((round = 1; round <= rounds; round++)); do
    echo "round $round of $rounds" >&2
    dotnet run --no-build --project Benchmarks -- convolutions "${options[@]}" >>"$folder/ours"
    "$python" Benchmarks/peers/pytorch_convolutions.py "${options[@]}" >>"$folder/pytorch"
done
"$python" Benchmarks/peers/convolution_table.py "$folder/ours" "$folder/pytorch" \
    "$backbone, width $width, batch $batch (GFLOP/s; PyTorch $version)" ${file:+"$file"}
