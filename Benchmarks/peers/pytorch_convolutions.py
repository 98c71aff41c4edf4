#!/usr/bin/env python3
"""The same passes as `Benchmarks convolutions`, in PyTorch: each distinct convolution of a ResNet for 32x32 images, forward, input gradient
and weight gradient apart. Prints a line of JSON for each, with the keys of `convolutions`.

PyTorch is measured at its best: with its memory kept (see pytorch.py; --default-malloc leaves malloc alone), and in the memory format that
is faster for the pass. --layout channels-last or contiguous measures one alone.
"""
import argparse
import json
import os
import statistics
import sys
import time

from pytorch import CHANNELS, KEEP_MEMORY, RESNETS, SIDE, positive

WARM_UP_STEPS = 2
LAYOUTS = {"channels-last": ["channels_last"], "contiguous": ["contiguous_format"], "best": ["channels_last", "contiguous_format"]}


def parse():
    parser = argparse.ArgumentParser(description="The speed of each convolution of a ResNet in PyTorch, a line of JSON for each.")
    parser.add_argument("--backbone", choices=RESNETS, default="resnet18")
    parser.add_argument("--batch", type=positive, default=128)
    parser.add_argument("--width", type=positive, default=64)
    parser.add_argument("--threads", type=positive, default=os.cpu_count())
    parser.add_argument("--steps", type=positive, default=9)
    parser.add_argument("--layout", choices=LAYOUTS, default="best")
    parser.add_argument("--peak-gflops", type=float, help="the machine's peak, as `ceilings` measures it, for the percentages")
    parser.add_argument("--default-malloc", action="store_true", help="leave malloc's settings alone")
    return parser.parse_args()


def main():
    options = parse()
    if not options.default_malloc and any(os.environ.get(key) != value for key, value in KEEP_MEMORY.items()):
        # malloc reads its settings once, when the process starts.
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **KEEP_MEMORY})
    try:
        import torch
    except ImportError:
        sys.exit("PyTorch isn't installed for this Python; Debian's package is python3-torch (run with /usr/bin/python3).")
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    torch.set_flush_denormal(True)
    uses = convolutions(*RESNETS[options.backbone], options.width)
    for shape in dict.fromkeys(uses):
        # The first one reads the images, whose gradient no training step asks for.
        print(json.dumps(row(torch, options, shape, uses.count(shape), uses[1:].count(shape)), ensure_ascii=False), flush=True)


def convolutions(depths, bottleneck, width):
    """(filter, inputs, outputs, stride, side) of every convolution, in the order of the layers."""
    uses = [(3, CHANNELS, width, 1, SIDE)]
    inputs, side = width, SIDE
    for stage, depth in enumerate(depths):
        inner = width << stage
        outputs = 4 * inner if bottleneck else inner
        for i in range(depth):
            stride = 2 if stage > 0 and i == 0 else 1
            after = side // stride
            if bottleneck:
                uses += [(1, inputs, inner, 1, side), (3, inner, inner, stride, side), (1, inner, outputs, 1, after)]
            else:
                uses += [(3, inputs, inner, stride, side), (3, inner, outputs, 1, after)]
            if stride > 1 or inputs != outputs:
                uses.append((1, inputs, outputs, stride, side))
            inputs, side = outputs, after
    return uses


def row(torch, options, shape, count, input_gradients):
    size, inputs, outputs, stride, side = shape
    gflop = 2e-9 * options.batch * size * size * inputs * outputs * (side // stride) ** 2
    found = {
        "convolution": f"{size}×{size}{f'/{stride}' if stride > 1 else ''} {inputs}→{outputs}, {side}×{side}",
        "n": options.batch, "h": side, "w": side, "c": inputs, "k": outputs,
        "r": size, "s": size, "stride": stride, "padding": size // 2,
        "count": count, "input_gradients": input_gradients, "gflop": round(gflop, 6), "peak_gflops": options.peak_gflops,
    }
    measured = [passes(torch, options, shape, getattr(torch, layout)) for layout in LAYOUTS[options.layout]]
    for name in ("forward", "input_gradient", "weight_gradient"):
        seconds = min(times[name] for times in measured)
        found[f"{name}_ms"] = round(1e3 * seconds, 4)
        found[f"{name}_gflops"] = round(gflop / seconds, 2)
        found[f"{name}_percent"] = round(100 * gflop / seconds / options.peak_gflops, 2) if options.peak_gflops else None
    return found


def passes(torch, options, shape, layout):
    size, inputs, outputs, stride, side = shape
    padding = size // 2
    x = torch.randn(options.batch, inputs, side, side).contiguous(memory_format=layout)
    weight = torch.randn(outputs, inputs, size, size).contiguous(memory_format=layout)
    dy = torch.randn(options.batch, outputs, side // stride, side // stride).contiguous(memory_format=layout)

    def gradient(mask):
        return torch.ops.aten.convolution_backward(
            dy, x, weight, None, [stride, stride], [padding, padding], [1, 1], False, [0, 0], 1, mask)

    with torch.no_grad():
        return {
            "forward": median(options.steps, lambda: torch.nn.functional.conv2d(x, weight, None, stride, padding)),
            "input_gradient": median(options.steps, lambda: gradient([True, False, False])),
            "weight_gradient": median(options.steps, lambda: gradient([False, True, False])),
        }


def median(steps, run):
    seconds = []
    for i in range(-WARM_UP_STEPS, steps):
        start = time.perf_counter()
        run()
        if i >= 0:
            seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


if __name__ == "__main__":
    main()
