"""Files of pictures, made byte by byte where no library would make them."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image

from explorer.errors import BadImage
from explorer.pictures.image import ImageInput, read_image

ORIENTATION = 0x0112


def encode(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def written(values: np.ndarray, **options: object) -> bytes:
    """A TIFF by tifffile: grey, without a description, unless the options say otherwise."""
    file = io.BytesIO()
    tifffile.imwrite(file, values, **{"photometric": "minisblack", "metadata": None, **options})
    return file.getvalue()


def photo(height: int = 48, width: int = 64) -> np.ndarray:
    """A smooth colourful array, so that lossy formats keep it nearly as it is."""
    y, x = np.mgrid[0:height, 0:width] / max(height, width)
    return np.rint(np.stack([255 * x, 255 * y, 128 + 100 * np.sin(5 * (x + y))], axis=-1)).astype(np.uint8)


def read(picture: Image.Image, kind: str = "PNG", **options: object) -> ImageInput:
    return read_image(encode(picture, kind, **options))


def refusal(data: object, name: str | None = None) -> str:
    with pytest.raises(BadImage) as caught:
        read_image(data, name)
    return str(caught.value)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))


def png(width: int, height: int, *chunks: bytes, data: bytes = b"", colour: int = 0, depth: int = 8) -> bytes:
    header = chunk(b"IHDR", struct.pack(">LLBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def tiff(*entries: tuple[int, int, int, int], without: int = 0) -> bytes:
    """A grey TIFF of 4 x 4 pixels at byte 400, with further tags (tag, type, count, value or offset), or `without` one
    of the usual ones."""
    usual = [(256, 3, 1, 4), (257, 3, 1, 4), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (277, 3, 1, 1)]
    tags = {tag: (tag, *rest) for tag, *rest in [*usual, (273, 4, 1, 400), (278, 3, 1, 4), (279, 4, 1, 16), *entries]}
    tags.pop(without, None)
    head = b"II*\0" + struct.pack("<LH", 8, len(tags)) + b"".join(struct.pack("<HHLL", *tags[t]) for t in sorted(tags))
    return head.ljust(400, b"\0") + bytes(range(0, 160, 10)) + b"\0" * 100


def png16(values: np.ndarray) -> bytes:
    """A PNG of 16-bit values (H, W, C): grey, grey and opacity, colours, colours and opacity."""
    height, width, n = values.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    return png(width, height, data=zlib.compress(rows), colour={1: 0, 2: 4, 3: 2, 4: 6}[n], depth=16)
