#!/usr/bin/python3
"""Makes wide-resnet.safetensors beside this file: a tiny Wide ResNet in PyTorch, in double precision from float32 weights and images.

    apt-get install python3-torch
    /usr/bin/python3 Tests/Goldens/wide_resnet.py

The network is wrn-10-1 with a stem of 2 channels: one pre-activation block in each of three groups, the first with an identity as its shortcut,
the others with stride 2 and a projection. Zagoruyko and Komodakis, arXiv:1605.07146, with SiLU in the place of ReLU and, as in the LPC paper's
later code, a normalisation and an activation behind the stem as well as before the pooling. Images have odd sides, so that halving rounds.

The file holds, in PyTorch's names and layouts: the weights and statistics to start from (init.*); images and labels; features, latents and
logits in evaluation; the same and the two losses of a training step from there; the loss's gradients (grad.*); the statistics after (after.*).
"""
import json
import pathlib
import struct

import torch
from torch import nn

NARROW, LATENTS, CLASSES, SIDE, IMAGES, GAMMA, SEED = 2, 3, 4, 9, 5, 0.5, 7


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False))

    def forward(self, x):
        a = nn.functional.silu(self.bn1(x))
        shortcut = self.downsample(a) if hasattr(self, "downsample") else x
        return self.conv2(nn.functional.silu(self.bn2(self.conv1(a)))) + shortcut


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, NARROW, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(NARROW)
        self.layer1 = nn.Sequential(Block(NARROW, NARROW, 1))
        self.layer2 = nn.Sequential(Block(NARROW, 2 * NARROW, 2))
        self.layer3 = nn.Sequential(Block(2 * NARROW, 4 * NARROW, 2))
        self.bn = nn.BatchNorm2d(4 * NARROW)
        self.penultimate = nn.Linear(4 * NARROW, LATENTS)
        self.fc = nn.Linear(LATENTS, CLASSES, bias=False)

    def forward(self, images):
        x = nn.functional.silu(self.bn1(self.conv1(images)))
        x = self.layer3(self.layer2(self.layer1(x)))
        features = nn.functional.silu(self.bn(x)).mean((2, 3))
        latents = self.penultimate(features)
        return {"features": features, "latents": latents, "logits": self.fc(latents)}


def is_state(name):
    return not name.endswith("num_batches_tracked")


def main():
    torch.manual_seed(SEED)
    model = Network()
    with torch.no_grad():
        # Weights that a normalisation has after training, rather than ones and zeros that would hide what is left out.
        for name, tensor in model.state_dict().items():
            if name.endswith("running_var"):
                tensor.copy_(0.5 + torch.rand_like(tensor))
            elif name.endswith("running_mean"):
                tensor.copy_(0.3 * torch.randn_like(tensor))
            elif "bn" in name and is_state(name):
                tensor.copy_((1 if name.endswith("weight") else 0) + 0.3 * torch.randn_like(tensor))
    images, labels = torch.randn(IMAGES, 3, SIDE, SIDE), torch.arange(IMAGES) % CLASSES
    tensors = {"init." + name: tensor.clone() for name, tensor in model.state_dict().items() if is_state(name)}
    tensors |= {"images": images, "labels": labels}

    model = model.double()
    with torch.no_grad():
        tensors |= {"eval." + name: tensor for name, tensor in model.eval()(images.double()).items()}
    result = model.train()(images.double())
    losses = {"cross_entropy": nn.functional.cross_entropy(result["logits"], labels), "penalty": GAMMA * result["latents"].square().mean()}
    sum(losses.values()).backward()
    tensors |= {"train." + name: tensor.detach() for name, tensor in (result | losses).items()}
    tensors |= {"grad." + name: parameter.grad for name, parameter in model.named_parameters()}
    tensors |= {"after." + name: tensor for name, tensor in model.state_dict().items() if "running_" in name}
    write(pathlib.Path(__file__).with_name("wide-resnet.safetensors"), tensors, {"gamma": str(GAMMA), "torch": torch.__version__})


def write(path, tensors, metadata):
    """Weights, images and labels as they are; results, which are doubles, rounded to float32: 6e-8 of themselves."""
    header, data = {"__metadata__": metadata}, b""
    for name, tensor in tensors.items():
        tensor = tensor if tensor.dtype == torch.int64 else tensor.float()
        values = tensor.contiguous().numpy().tobytes()
        header[name] = {"dtype": "I64" if tensor.dtype == torch.int64 else "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


if __name__ == "__main__":
    main()
