#!/usr/bin/env python3
"""DeepFool as the LPC paper's code has it, in PyTorch: the yardstick of `Benchmarks deepfool`.

One image at a time, at most 50 steps of one forward pass and K = 10 backward passes each, one for each class looked at. The protocol is
that of docs/robustness.md. It reads a model.safetensors of a ResNet that this project trained and attacks the same images of CIFAR-10's
test set as `evaluate --deepfool-images n`: the first n of the order that the seed fixes. Prints one line of JSON.

As in the paper's code each backward pass computes the gradients of all weights, too, which nothing uses; --freeze leaves them out.
PyTorch is measured with its memory kept and denormals flushed (see pytorch.py).
"""
import argparse
import json
import os
import statistics
import struct
import sys
import time

from pytorch import KEEP_MEMORY, RESNETS, positive

CLASSES, OVERSHOOT, STEPS, LEAST_STEP = 10, 0.02, 50, 1e-4
ATTACKED_IMAGES = 0x41545441  # the stream of random numbers that chooses images
WARM_UP_IMAGES = 3


def main():
    options = parse()
    if any(os.environ.get(key) != value for key, value in KEEP_MEMORY.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **KEEP_MEMORY})
    try:
        import torch
    except ImportError:
        sys.exit("PyTorch isn't installed for this Python; Debian's package is python3-torch (run with /usr/bin/python3).")
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    config, weights = read_safetensors(torch, options.model)
    network = build(torch, config, weights)
    for parameter in network.parameters():
        parameter.requires_grad_(not options.freeze)
    images = test_images(torch, options.data, config)
    order = permutation(len(images), config["seed"], ATTACKED_IMAGES)[: options.images]
    for i in order[:WARM_UP_IMAGES]:
        attack(torch, network, images[i])
    found, start = [], time.perf_counter()
    for done, i in enumerate(order, 1):
        found.append(attack(torch, network, images[i]))
        if sys.stderr.isatty():
            print(f"\r{done} of {len(order)} images", end="", file=sys.stderr)
    seconds = time.perf_counter() - start
    relative = [norm / float(images[i].norm()) for (norm, _, _), i in zip(found, order)]
    print(json.dumps({
        "images": len(order),
        "seconds": round(seconds, 3),
        "milliseconds_per_image": round(1e3 * seconds / len(order), 3),
        "steps_per_image": statistics.mean(steps for _, steps, _ in found),
        "relative": statistics.mean(relative),
        "median": statistics.median(relative),
        "fooled": statistics.mean(fooled for _, _, fooled in found),
    }))


def parse():
    parser = argparse.ArgumentParser(description="DeepFool in PyTorch, one image at a time, as one line of JSON.")
    parser.add_argument("model", help="model.safetensors of a run on cifar10")
    parser.add_argument("--data", default="data/cifar-10-batches-bin", help="the folder that holds test_batch.bin")
    parser.add_argument("--images", type=positive, default=100)
    parser.add_argument("--threads", type=positive, default=os.cpu_count())
    parser.add_argument("--freeze", action="store_true", help="compute no gradients of weights")
    return parser.parse_args()


def attack(torch, network, image):
    """The norm of the perturbation, the steps taken and whether they changed the prediction."""
    x = image.unsqueeze(0)
    perturbation = torch.zeros_like(x)
    point = x.clone().requires_grad_(True)
    logits = network(point)
    classes = logits.detach()[0].argsort(descending=True)[:CLASSES].tolist()
    steps, predicted = 0, classes[0]
    while predicted == classes[0] and steps < STEPS:
        nearest, normal, length = float("inf"), None, None
        first = gradient(network, logits, point, classes[0])
        for k in classes[1:]:
            difference = gradient(network, logits, point, k) - first
            norm = float(difference.norm())
            gap = abs(float(logits[0, k] - logits[0, classes[0]]))
            if norm > 0 and gap / norm < nearest:
                nearest, normal, length = gap / norm, difference, norm
        if normal is None:
            break
        perturbation += (nearest + LEAST_STEP) / length * normal
        point = (x + (1 + OVERSHOOT) * perturbation).requires_grad_(True)
        logits = network(point)
        predicted = int(logits.argmax())
        steps += 1
    return (1 + OVERSHOOT) * float(perturbation.norm()), steps, predicted != classes[0]


def gradient(network, logits, point, k):
    point.grad = None
    network.zero_grad(set_to_none=True)
    logits[0, k].backward(retain_graph=True)
    return point.grad


def build(torch, config, weights):
    """The classifier under torchvision's names. The shapes follow from the weights, the depths from the backbone's name."""
    nn, (depths, bottleneck) = torch.nn, RESNETS[config["backbone"]]
    if config["head"] not in ("none", "linear"):
        sys.exit(f"{config['variant']}: a head of kind {config['head']} is not built here.")

    def convolution(name, stride=1):
        outputs, inputs, size, _ = weights[name + ".weight"].shape
        return nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False)

    def norm(name):
        return nn.BatchNorm2d(len(weights[name + ".weight"]))

    class Block(nn.Module):
        def __init__(self, name, stride):
            super().__init__()
            self.parts = 3 if bottleneck else 2
            strided = 2 if bottleneck else 1
            for i in range(1, self.parts + 1):
                setattr(self, f"conv{i}", convolution(f"{name}.conv{i}", stride if i == strided else 1))
                setattr(self, f"bn{i}", norm(f"{name}.bn{i}"))
            if f"{name}.downsample.0.weight" in weights:
                self.downsample = nn.Sequential(convolution(f"{name}.downsample.0", stride), norm(f"{name}.downsample.1"))
            else:
                self.downsample = nn.Identity()

        def forward(self, x):
            y = x
            for i in range(1, self.parts + 1):
                y = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(y))
                if i < self.parts:
                    y = nn.functional.silu(y)
            return nn.functional.silu(y + self.downsample(x))

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1, self.bn1 = convolution("conv1"), norm("bn1")
            for stage, depth in enumerate(depths, 1):
                blocks = [Block(f"layer{stage}.{i}", 2 if stage > 1 and i == 0 else 1) for i in range(depth)]
                setattr(self, f"layer{stage}", nn.Sequential(*blocks))
            if config["head"] == "linear":
                self.penultimate = nn.Linear(*reversed(weights["penultimate.weight"].shape))
            self.fc = nn.Linear(*reversed(weights["fc.weight"].shape), bias=False)

        def forward(self, x):
            x = nn.functional.silu(self.bn1(self.conv1(x)))
            for stage in range(1, 5):
                x = getattr(self, f"layer{stage}")(x)
            x = x.mean((2, 3))
            return self.fc(self.penultimate(x) if config["head"] == "linear" else x)

    network = Network()
    network.load_state_dict(weights)
    return network.eval()


def read_safetensors(torch, path):
    """The configuration in the file's metadata, and its tensors by name."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    config = json.loads(header.pop("__metadata__")["lpc.config"])
    types = {"F32": torch.float32, "I64": torch.int64}

    def tensor(entry):
        begin, end = entry["data_offsets"]
        return torch.frombuffer(data[begin:end], dtype=types[entry["dtype"]]).reshape(entry["shape"])

    return config, {name: tensor(entry) for name, entry in header.items()}


def test_images(torch, folder, config):
    """CIFAR-10's test images [N, 3, 32, 32], normalised."""
    with open(os.path.join(folder, "test_batch.bin"), "rb") as file:
        records = torch.frombuffer(bytearray(file.read()), dtype=torch.uint8).reshape(-1, 3073)
    images = records[:, 1:].reshape(-1, 3, 32, 32).float() / 255
    mean, deviation = (torch.tensor(config[key]).reshape(3, 1, 1) for key in ("mean", "std"))
    return (images - mean) / deviation


def permutation(n, seed, stream):
    """Fisher-Yates with random numbers of Philox 4x32-10, as the engine draws them."""
    order = list(range(n))
    for i in range(n - 1, 0, -1):
        words = philox([i, 0, stream, 0], [seed & 0xFFFFFFFF, seed >> 32])
        threshold = (2**32 - (i + 1)) % (i + 1)
        accepted = (word for word in words if word * (i + 1) % 2**32 >= threshold)
        j = next(accepted, words[3]) * (i + 1) >> 32
        order[i], order[j] = order[j], order[i]
    return order


def philox(counter, key):
    c, k = list(counter), list(key)
    for _ in range(10):
        first, second = c[0] * 0xD2511F53, c[2] * 0xCD9E8D57
        c = [second >> 32 ^ c[1] ^ k[0], second & 0xFFFFFFFF, first >> 32 ^ c[3] ^ k[1], first & 0xFFFFFFFF]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return c


if __name__ == "__main__":
    main()
