#!/usr/bin/python3
"""Makes own-images.safetensors beside this file: image files and what torchvision makes of them, and how its ImageFolder orders a tree of files.

    apt-get install python3-torchvision
    /usr/bin/python3 Tests/Goldens/own_images.py

Each image is read by torchvision's default loader (PIL, convert("RGB")), then Resize(32) and CenterCrop(32), whose scaling is Pillow's (antialiased,
bilinear). The file holds for each NAME: file.NAME, the bytes of the image file, and pixels.NAME [32, 32, 3]. The metadata entry "tree" lists the
files of a folder, "classes" and "samples" what ImageFolder finds in it, in its order.

One value is not Pillow's: 16-bit grey. Pillow cuts such values off at 255, so that nearly all of an image is white; its 16-bit colours, and here the
greys too, are the upper eight of their bits.
"""
import io
import json
import pathlib
import struct
import tempfile
import zlib

import numpy
import PIL
import torchvision
from PIL import Image, PngImagePlugin
from torchvision import transforms
from torchvision.datasets.folder import ImageFolder, default_loader

SIDE, SEED = 32, 11
random = numpy.random.default_rng(SEED)


def picture(width, height, noise=3.0, channels=3):
    """Waves with noise, in few shades: details of every size in small files."""
    y, x = numpy.mgrid[0:height, 0:width]
    planes = [127 + 80 * numpy.sin(x / (3 + 2 * c) + y / (5 + c)) + 40 * (x * y % (11 + c) > 5) for c in range(channels)]
    values = numpy.stack(planes, 2) + noise * random.standard_normal((height, width, channels))
    return numpy.clip(12 * numpy.round(values / 12), 0, 255).astype(numpy.uint8)


def encode(image, form="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def png(width, height, depth, colour, rows):
    """A PNG as Pillow does not write it: rows of raw bytes, unfiltered."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows), 9)) + chunk(b"IEND", b"")


def files():
    for width, height in [(32, 32), (33, 32), (35, 32), (32, 37), (40, 46), (45, 34), (64, 45), (67, 71), (7, 5), (1, 1), (1, 40), (90, 3), (32, 33)]:
        yield f"rgb-{width}x{height}.png", encode(Image.fromarray(picture(width, height)))
    for width, height, block in [(437, 251, 13), (1100, 1400, 47)]:
        image = picture(width // block + 1, height // block + 1).repeat(block, 0).repeat(block, 1)[:height, :width]
        yield f"blocks-{width}x{height}.png", encode(Image.fromarray(image), optimize=True)
    noise = random.integers(0, 256, (35, 41, 3), numpy.uint8)
    yield "noise-41x35.png", encode(Image.fromarray(noise))
    image, alpha = Image.fromarray(picture(37, 34)), Image.fromarray(picture(37, 34, channels=1)[:, :, 0] // 100 * 100)
    yield "grey.png", encode(image.convert("L"))
    yield "grey-alpha.png", encode(Image.merge("LA", [image.convert("L"), alpha]))
    yield "alpha.png", encode(Image.merge("RGBA", [*image.split(), alpha]))
    yield "palette.png", encode(image.quantize(50))
    yield "palette-4-bits.png", encode(image.quantize(9))
    yield "palette-transparent.png", encode(image.quantize(20), transparency=bytes(range(0, 200, 10)))
    yield "colour-key.png", encode(image, transparency=tuple(int(v) for v in numpy.asarray(image)[3, 4]))
    yield "black-and-white.png", encode(image.convert("1"))
    yield "grey-2-bits.png", png(37, 34, 2, 0, [bytes(random.integers(0, 256, 10, numpy.uint8)) for _ in range(34)])
    yield "grey-4-bits.png", png(38, 34, 4, 0, [bytes(random.integers(0, 256, 19, numpy.uint8)) for _ in range(34)])
    wide = random.integers(0, 65536, (33, 34, 3)).astype(">u2")
    yield "rgb-16-bits.png", png(34, 33, 16, 2, [row.tobytes() for row in wide])
    yield "grey-16-bits.png", png(34, 33, 16, 0, [row[:, 0].tobytes() for row in wide])
    gamma = PngImagePlugin.PngInfo()
    gamma.add(b"gAMA", struct.pack(">I", 100000))
    yield "gamma.png", encode(image, pnginfo=gamma)
    photo = Image.fromarray(picture(60, 44, noise=6))
    exif = Image.Exif()
    exif[0x0112] = 6
    yield "photo.jpg", encode(photo, "JPEG", quality=90)
    yield "photo-444.jpg", encode(photo, "JPEG", quality=92, subsampling=0)
    yield "photo-grey.jpg", encode(photo.convert("L"), "JPEG", quality=85)
    yield "photo-progressive.jpg", encode(photo, "JPEG", quality=80, progressive=True)
    yield "photo-turned.jpg", encode(photo, "JPEG", quality=80, exif=exif)
    yield "photo-cmyk.jpg", encode(photo.convert("CMYK"), "JPEG", quality=90)
    yield "picture.bmp", encode(Image.fromarray(picture(36, 33)), "BMP")
    yield "picture.webp", encode(Image.fromarray(picture(41, 52)), "WEBP", lossless=True)


def read(folder, name, content):
    path = pathlib.Path(folder, name)
    path.write_bytes(content)
    if name == "grey-16-bits.png":
        values = numpy.asarray(Image.open(path)).astype(numpy.uint16)
        image = Image.fromarray((values >> 8).astype(numpy.uint8)).convert("RGB")
    else:
        image = default_loader(str(path))
    return numpy.asarray(transforms.CenterCrop(SIDE)(transforms.Resize(SIDE)(image)))


TREE = [
    "b/2.png", "b/10.png", "b/1.png", "B/x.PNG", "a b/with space.jpg", "a-b/y.JPeG", "a/b/inner.png", "a/z.png", "a/b-c/w.png", "a/b/c/v.png", "a/.hidden.png", "10/p.png", "9/q.png",
    "ä/umlaut.png", "\U0001f600/face.png", "\uffee/halfwidth.png", "[red]/markup.png", "it's, a \"name\"/v.png", "a/notes.txt", "a/png", "a/q.png.bak", "z/deep/er/still/u.png", ".dot/t.png",
]


def order(folder):
    for name in TREE:
        path = pathlib.Path(folder, "tree", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    found = ImageFolder(str(pathlib.Path(folder, "tree")))
    return {"tree": TREE, "classes": found.classes, "samples": [[str(pathlib.Path(path).relative_to(pathlib.Path(folder, "tree"))), label] for path, label in found.samples]}


def main():
    tensors = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files():
            tensors["file." + name] = numpy.frombuffer(content, numpy.uint8)
            tensors["pixels." + name] = read(folder, name, content)
        metadata = {key: json.dumps(value) for key, value in order(folder).items()}
    metadata |= {"pillow": PIL.__version__, "torchvision": torchvision.__version__}
    header, data = {"__metadata__": metadata}, b""
    for name, tensor in tensors.items():
        header[name] = {"dtype": "U8", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + tensor.nbytes]}
        data += tensor.tobytes()
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    pathlib.Path(__file__).with_name("own-images.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)


if __name__ == "__main__":
    main()
