#!/usr/bin/env python3
"""The same step as `Benchmarks throughput`, in PyTorch: the yardstick of the kernels.

ResNet with Swish (SiLU) for 32x32 images in torchvision's layout, a linear penultimate layer of 64, a classifier of 10 classes without
bias, cross-entropy and latent penalty, AdamW. Prints one line of JSON with the keys of `throughput`, and PyTorch's version.

PyTorch is measured at its best, with its memory kept: on a virtual machine the first touch of a page is slow, and glibc's malloc gives
large blocks back after each use. The script starts itself again with the settings that stop this; --default-malloc leaves them out.
On CUDA: --device cuda, --precision tf32 or bf16 (autocast), --compile.
"""
import argparse
import contextlib
import json
import os
import statistics
import sys
import time

KEEP_MEMORY = {
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": "99999999999",
    "MALLOC_TOP_PAD_": "1000000000",
}
RESNETS = {
    "resnet18": ([2, 2, 2, 2], False),
    "resnet34": ([3, 4, 6, 3], False),
    "resnet50": ([3, 4, 6, 3], True),
    "resnet101": ([3, 4, 23, 3], True),
    "resnet152": ([3, 8, 36, 3], True),
}
SIDE, CHANNELS, CLASSES, LATENTS, WARM_UP_STEPS = 32, 3, 10, 64, 3


def parse():
    parser = argparse.ArgumentParser(description="Images per second of whole steps in PyTorch, as one line of JSON.")
    parser.add_argument("backbone", choices=RESNETS)
    parser.add_argument("--batch", type=positive, required=True)
    parser.add_argument("--width", type=positive, default=64)
    parser.add_argument("--mode", choices=["train", "infer"], default="train")
    parser.add_argument("--threads", type=positive, default=os.cpu_count())
    parser.add_argument("--steps", type=positive, default=10)
    parser.add_argument("--channels-last", action="store_true", help="NHWC memory format (faster or slower, by version)")
    parser.add_argument("--device", default="cpu", help="cpu (default), cuda or cuda:i")
    parser.add_argument("--precision", choices=["fp32", "tf32", "bf16"], default="fp32", help="bf16 is autocast")
    parser.add_argument("--compile", action="store_true", help="torch.compile the network")
    parser.add_argument("--peak-gflops", type=float, help="the machine's peak, as `ceilings` measures it, for percent_of_peak")
    parser.add_argument("--default-malloc", action="store_true", help="leave malloc's settings alone")
    return parser.parse_args()


def positive(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def main():
    options = parse()
    on_cpu = options.device == "cpu"
    if options.precision == "tf32" and on_cpu:
        sys.exit("--precision tf32: a processor has none; it needs --device cuda.")
    if on_cpu and not options.default_malloc and any(os.environ.get(key) != value for key, value in KEEP_MEMORY.items()):
        # malloc reads its settings once, when the process starts.
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **KEEP_MEMORY})
    try:
        import torch
    except ImportError:
        sys.exit("PyTorch isn't installed for this Python; Debian's package is python3-torch (run with /usr/bin/python3).")
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    torch.set_flush_denormal(True)
    if not on_cpu:
        if ":" in options.device:
            torch.cuda.set_device(torch.device(options.device))
        torch.backends.cudnn.benchmark = True
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = options.precision != "fp32"
    print(json.dumps(measure(torch, options)))


def measure(torch, options):
    training, on_cpu = options.mode == "train", options.device == "cpu"
    model, flops = build(torch, *RESNETS[options.backbone], options.width, training)
    model = model.to(options.device)
    images = torch.randn(options.batch, CHANNELS, SIDE, SIDE).to(options.device)
    labels = torch.randint(CLASSES, (options.batch,)).to(options.device)
    if options.channels_last:
        model = model.to(memory_format=torch.channels_last)
        images = images.contiguous(memory_format=torch.channels_last)
    model.train(training)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=5e-4, **({} if on_cpu else {"fused": True}))
    if options.compile:
        model = torch.compile(model)
    low = options.precision == "bf16"

    def precision():
        return torch.autocast("cpu" if on_cpu else "cuda", dtype=torch.bfloat16) if low else contextlib.nullcontext()

    def train():
        optimizer.zero_grad(set_to_none=True)
        with precision():
            latents, logits = model(images)
        (torch.nn.functional.cross_entropy(logits.float(), labels) + 0.01 * (latents.float() ** 2).mean()).backward()
        optimizer.step()

    def infer():
        with torch.no_grad(), precision():
            model(images)

    def wait():
        if not on_cpu:
            torch.cuda.synchronize()

    step = train if training else infer
    for _ in range(WARM_UP_STEPS):
        step()
    seconds = []
    for _ in range(options.steps):
        wait()
        start = time.perf_counter()
        step()
        wait()
        seconds.append(time.perf_counter() - start)
    median = statistics.median(seconds)
    gflops = flops * options.batch * (3 if training else 1) / median / 1e9
    return {
        "images_per_second": round(options.batch / median, 3),
        "milliseconds_per_step": round(1e3 * median, 4),
        "best_milliseconds_per_step": round(1e3 * min(seconds), 4),
        "peak_memory_mib": peak_memory_mib() if on_cpu else round(torch.cuda.max_memory_allocated() / 2**20, 1),
        "achieved_gflops": round(gflops, 3),
        "percent_of_peak": round(100 * gflops / options.peak_gflops, 3) if options.peak_gflops else None,
        "version": torch.__version__,
    }


def peak_memory_mib():
    with open("/proc/self/status") as status:
        return round(next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) / 1024, 1)


def build(torch, depths, bottleneck, width, training):
    """The network, and the operations of one image's forward pass (direct convolution, two per multiply-add)."""
    nn = torch.nn
    flops = 0

    def convolution(inputs, outputs, size, stride, side):
        nonlocal flops
        flops += 2 * size * size * inputs * outputs * (side // stride) ** 2
        return nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False)

    class Block(nn.Module):
        def __init__(self, inputs, width, stride, side):
            super().__init__()
            outputs = 4 * width if bottleneck else width
            after = side // stride
            shapes = (
                [(inputs, width, 1, 1, side), (width, width, 3, stride, side), (width, outputs, 1, 1, after)]
                if bottleneck
                else [(inputs, width, 3, stride, side), (width, outputs, 3, 1, after)]
            )
            self.convolutions = nn.ModuleList([convolution(*shape) for shape in shapes])
            self.norms = nn.ModuleList([nn.BatchNorm2d(shape[1]) for shape in shapes])
            self.shortcut = nn.Identity()
            if stride > 1 or inputs != outputs:
                self.shortcut = nn.Sequential(convolution(inputs, outputs, 1, stride, side), nn.BatchNorm2d(outputs))
            # In place where no derivative will ask for the input: one tensor less to touch. In training it would cost a copy.
            self.swish = nn.SiLU(inplace=not training)

        def forward(self, x):
            y = x
            for convolve, norm in zip(self.convolutions[:-1], self.norms[:-1]):
                y = self.swish(norm(convolve(y)))
            y = self.norms[-1](self.convolutions[-1](y))
            return self.swish(y + self.shortcut(x))

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem = nn.Sequential(convolution(CHANNELS, width, 3, 1, SIDE), nn.BatchNorm2d(width), nn.SiLU(inplace=not training))
            blocks, inputs, side = [], width, SIDE
            for stage, depth in enumerate(depths):
                for i in range(depth):
                    stride = 2 if stage > 0 and i == 0 else 1
                    blocks.append(Block(inputs, width << stage, stride, side))
                    inputs, side = (width << stage) * (4 if bottleneck else 1), side // stride
            self.blocks = nn.Sequential(*blocks)
            self.penultimate = nn.Linear(inputs, LATENTS)
            self.classifier = nn.Linear(LATENTS, CLASSES, bias=False)
            self.features = inputs

        def forward(self, x):
            latents = self.penultimate(self.blocks(self.stem(x)).mean((2, 3)))
            return latents, self.classifier(latents)

    network = Network()
    return network, flops + 2 * (network.features * LATENTS + LATENTS * CLASSES)


if __name__ == "__main__":
    main()
