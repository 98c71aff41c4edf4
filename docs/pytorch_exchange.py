"""Weights between this engine and PyTorch, both ways, with torchvision's own ResNet.

From here to PyTorch: the network of a run, loaded with strict=True, and its logits beside ours.

    dotnet run --project Experiments -- export RUN --safetensors model.safetensors
    dotnet run --project Experiments -- predict RUN images.safetensors --out ours.safetensors
    python3 docs/pytorch_exchange.py load model.safetensors --images images.safetensors --ours ours.safetensors

From PyTorch to here: a network of PyTorch's, from whose weights a run begins.

    python3 docs/pytorch_exchange.py save init.safetensors --backbone resnet18 --width 16 --penultimate 16 --classes 10
    dotnet run --project Experiments -- synthetic10 lpc-narrow --width 16 --penultimate 16 --init init.safetensors

What differs from torchvision's network is in `network` below: Swish for ReLU, a stem for small images, a penultimate layer, no bias in the last.
"""

import argparse
import json
import struct

import torch
import torchvision

BLOCKS = {
    "resnet18": ([2, 2, 2, 2], torchvision.models.resnet.BasicBlock),
    "resnet34": ([3, 4, 6, 3], torchvision.models.resnet.BasicBlock),
    "resnet50": ([3, 4, 6, 3], torchvision.models.resnet.Bottleneck),
    "resnet101": ([3, 4, 23, 3], torchvision.models.resnet.Bottleneck),
    "resnet152": ([3, 8, 36, 3], torchvision.models.resnet.Bottleneck),
}
KINDS = {"F32": torch.float32, "I64": torch.int64}


class Classifier(torchvision.models.ResNet):
    """torchvision's ResNet with latents between features and logits."""

    def __init__(self, backbone, width, head, latents, classes, channels, side):
        depths, block = BLOCKS[backbone]
        super().__init__(block, depths, num_classes=classes)
        if width != 64:
            self.inplanes = width  # torchvision's stages, once more, as narrow as they are asked for
            for stage in range(4):
                setattr(self, f"layer{stage + 1}", self._make_layer(block, width << stage, depths[stage], stride=1 if stage == 0 else 2))
        small = side < 64
        self.conv1 = torch.nn.Conv2d(channels, width, 3 if small else 7, 1 if small else 2, 1 if small else 3, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(width)
        if small:
            self.maxpool = torch.nn.Identity()
        for module in self.modules():
            if hasattr(module, "relu"):
                module.relu = torch.nn.SiLU()
        features = (width << 3) * block.expansion
        if head != "none":
            self.penultimate = torch.nn.Linear(features, latents)
        self.act = torch.nn.SiLU() if head == "non_linear" else torch.nn.Identity()
        self.fc = torch.nn.Linear(features if head == "none" else latents, classes, bias=False)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        h = torch.flatten(self.avgpool(x), 1)
        return self.fc(self.act(self.penultimate(h)) if hasattr(self, "penultimate") else h)


def read(path):
    """All tensors of a safetensors file, and its metadata: 8 bytes of length, a header of JSON, the numbers."""
    with open(path, "rb") as file:
        content = bytearray(file.read())
    (length,) = struct.unpack_from("<Q", content)
    header = json.loads(content[8 : 8 + length])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        start, end = entry["data_offsets"]
        flat = torch.frombuffer(content[8 + length + start : 8 + length + end], dtype=KINDS[entry["dtype"]])
        tensors[name] = flat.reshape(entry["shape"])
    return tensors, metadata


def write(path, tensors):
    """The other way round."""
    header, blob = {"__metadata__": {"format": "pt"}}, b""
    for name, tensor in tensors.items():
        kind = next(kind for kind, dtype in KINDS.items() if dtype == tensor.dtype)
        raw = tensor.detach().contiguous().numpy().tobytes()
        header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [len(blob), len(blob) + len(raw)]}
        blob += raw
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + blob)


def load(arguments):
    tensors, metadata = read(arguments.model)
    run = json.loads(metadata["lpc.config"])
    side = min(run["image_height"], run["image_width"])
    model = Classifier(run["backbone"], run["width"], run["head"], run["penultimate"], run["classes"], run["image_channels"], side)
    model.load_state_dict(tensors, strict=True)
    print(f"{len(tensors)} tensors loaded, strict=True")
    if arguments.images is None:
        return
    images, _ = read(arguments.images)
    with torch.no_grad():
        logits = model.eval()(images["images"])
    if arguments.ours is not None:
        ours, _ = read(arguments.ours)
        print(f"largest difference of logits {(logits - ours['logits']).abs().max():.2e}, largest logit {logits.abs().max():.2f}")


def save(arguments):
    torch.manual_seed(arguments.seed)
    model = Classifier(arguments.backbone, arguments.width, arguments.head, arguments.penultimate, arguments.classes, 3, 32)
    write(arguments.file, model.state_dict())
    print(f"{len(model.state_dict())} tensors written")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(required=True)
    verb = verbs.add_parser("load")
    verb.add_argument("model")
    verb.add_argument("--images")
    verb.add_argument("--ours")
    verb.set_defaults(run=load)
    verb = verbs.add_parser("save")
    verb.add_argument("file")
    verb.add_argument("--backbone", default="resnet18", choices=BLOCKS)
    verb.add_argument("--width", type=int, default=64)
    verb.add_argument("--head", default="linear", choices=["none", "linear", "non_linear"])
    verb.add_argument("--penultimate", type=int, default=64)
    verb.add_argument("--classes", type=int, default=10)
    verb.add_argument("--seed", type=int, default=0)
    verb.set_defaults(run=save)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
