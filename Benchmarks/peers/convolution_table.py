#!/usr/bin/env python3
"""The Markdown table of `compare-convolutions.sh`, from the lines of JSON of all its turns. Needs no PyTorch.

Usage: convolution_table.py OURS.jsonl PYTORCH.jsonl TITLE [FILE.md]. With a file, the table replaces what stands there between
<!-- convolutions BACKBONE --> and <!-- /convolutions -->; BACKBONE is the title's first word.
"""
import json
import statistics
import sys

UNEVEN = 1.2
PASSES = {"forward": "count", "input_gradient": "input_gradients", "weight_gradient": "count"}


def read(path):
    """Of each convolution, in order: how often it occurs and the medians of its times over the turns."""
    with open(path) as file:
        rows = [json.loads(line) for line in file]
    found, uneven = {}, 0
    for name in dict.fromkeys(row["convolution"] for row in rows):
        turns = [row for row in rows if row["convolution"] == name]
        times = {key: [turn[f"{key}_ms"] for turn in turns] for key in PASSES}
        found[name] = {**turns[0], "ms": {key: statistics.median(values) for key, values in times.items()}}
        uneven += sum(max(values) > UNEVEN * min(values) for values in times.values())
    if uneven:
        print(f"{path}: {uneven} of {len(PASSES) * len(found)} passes took over {UNEVEN} times as long in one turn as in another. "
              "Is the machine doing something else?", file=sys.stderr)
    return found, max((row["peak_gflops"] or 0 for row in rows), default=0)


def cells(gflop, ours, theirs, peak):
    if ours == 0:
        return ["", "", ""]
    rates = [gflop / (milliseconds / 1e3) for milliseconds in (ours, theirs)]
    return [*(f"{rate:.0f} ({100 * rate / peak:.0f} %)" for rate in rates), f"{theirs / ours:.2f}"]


def what(side):
    return [(name, row["count"], row["gflop"]) for name, row in side.items()]


def table(ours, theirs, peak, title):
    if what(ours) != what(theirs):
        sys.exit("The two sides measured different convolutions.")
    heads = [f"{gradient}: {who}" for gradient in ("forward", "dX", "dW") for who in ("ours", "PyTorch", "ratio")]
    lines = [f"| {title} | × | {' | '.join(heads)} |", "|---" * 11 + "|"]
    totals = {key: [0.0, 0.0, 0.0] for key in PASSES}
    for name, mine in ours.items():
        row = [name, str(mine["count"])]
        for key, uses in PASSES.items():
            row += cells(mine["gflop"], mine["ms"][key], theirs[name]["ms"][key], peak)
            for i, value in enumerate((mine["gflop"], mine["ms"][key], theirs[name]["ms"][key])):
                totals[key][i] += mine[uses] * value
        lines.append("| " + " | ".join(row) + " |")
    row = ["**all, as often as they occur**", str(sum(mine["count"] for mine in ours.values()))]
    for key in PASSES:
        row += cells(*totals[key], peak)
    lines.append("| " + " | ".join(row) + " |")
    row = ["milliseconds", ""]
    for key in PASSES:
        row += [f"{totals[key][1]:.1f}", f"{totals[key][2]:.1f}", ""]
    lines.append("| " + " | ".join(row) + " |")
    sums = [sum(total[i] for total in totals.values()) for i in range(3)]
    gflop, mine, other = (sum(total[i] for total in totals.values()) for i in range(3))
    rate = gflop / mine * 1e3
    lines += ["", f"A training step's convolutions, without the gradient of the images: ours {mine:.0f} ms ({rate:.0f} GFLOP/s, "
                  f"{100 * rate / peak:.0f} % of the peak of {peak:.0f}), PyTorch {other:.0f} ms, ratio {other / mine:.2f}."]
    return "\n".join(lines)


def replace(path, title, text):
    start, end = f"<!-- convolutions {title.split()[0].rstrip(',')} -->\n", "<!-- /convolutions -->"
    with open(path) as file:
        before, found, rest = file.read().partition(start)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        sys.exit(f"{path} has no place for the table, from {start.strip()} to {end}.")
    with open(path, "w") as file:
        file.write(f"{before}{start}{text}\n{end}{after}")


def main():
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__)
    (ours, peak), (theirs, _) = read(sys.argv[1]), read(sys.argv[2])
    text = table(ours, theirs, peak, sys.argv[3])
    print(text)
    if len(sys.argv) == 5:
        replace(sys.argv[4], sys.argv[3], text)


if __name__ == "__main__":
    main()
