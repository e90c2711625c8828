"""TIFF of eight bits and fewer, in every layout and packing. Deeper ones have a set of their own."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator

import numpy as np
from PIL import Image

from tests.hostile.sample import HEIGHT, WIDTH, Valid, drawn, levels, on_white
from tests.picture_files import encode, photo, tiff, written

LAYOUTS: dict[str, dict[str, object]] = {"strips": {"rowsperstrip": 5}, "one strip": {}, "tiles": {"tile": (16, 32)}}
PACKINGS: dict[str, dict[str, object]] = {
    "plain": {}, "deflate": {"compression": "zlib"}, "differences": {"compression": "zlib", "predictor": 2},
}  # fmt: skip
CODECS = ("raw", "tiff_lzw", "packbits", "tiff_adobe_deflate", "tiff_deflate", "lzma", "zstd")


def colours_in_every_layout() -> Iterator[Valid]:
    values = drawn(3).astype(np.uint8)
    right = values.astype(float)
    for order, big, planar, (layout, laid), (packing, packed) in itertools.product(
        "<>", (False, True), ("contig", "separate"), LAYOUTS.items(), PACKINGS.items()
    ):
        given = values if planar == "contig" else np.ascontiguousarray(values.transpose(2, 0, 1))
        data = written(given, photometric="rgb", planarconfig=planar, byteorder=order, bigtiff=big, **laid, **packed)
        yield Valid("TIFF", f"colours {order}, {'big, ' * big}{planar}, {layout}, {packing}", data, right)


def grey_in_every_layout() -> Iterator[Valid]:
    values = drawn(1).astype(np.uint8)[..., 0]
    for order, kind, (layout, laid), (packing, packed) in itertools.product(
        "<>", ("minisblack", "miniswhite"), LAYOUTS.items(), PACKINGS.items()
    ):
        data = written(values, photometric=kind, byteorder=order, **laid, **packed)
        right = levels(values[..., None])
        name = f"grey {order}, {kind}, {layout}, {packing}"
        yield Valid("TIFF", name, data, 255 - right if kind == "miniswhite" else right)


def with_opacity() -> Iterator[Valid]:
    opacity = drawn(4)[..., 3:] / 255
    for n, extra, planar, (layout, laid) in itertools.product(
        (1, 3), ("unassalpha", "assocalpha"), ("contig", "separate"), LAYOUTS.items()
    ):
        colours = drawn(n) * (opacity if extra == "assocalpha" else 1)
        values = np.rint(np.concatenate([colours, 255 * opacity], axis=2)).astype(np.uint8)
        seen = np.repeat(colours, 3, axis=2) if n == 1 else colours
        right = seen + 255 * (1 - opacity) if extra == "assocalpha" else on_white(seen, opacity[..., 0])
        data = written(
            values if planar == "contig" else np.ascontiguousarray(values.transpose(2, 0, 1)),
            photometric="minisblack" if n == 1 else "rgb", planarconfig=planar, extrasamples=[extra], **laid,
        )  # fmt: skip
        most = 1.51 if extra == "assocalpha" else 0.51  # its colours were rounded before
        yield Valid("TIFF", f"{n} and opacity, {extra}, {planar}, {layout}", data, right, most)


def by_libtiff() -> Iterator[Valid]:
    picture, opaque = Image.fromarray(photo(HEIGHT, WIDTH)), np.full((HEIGHT, WIDTH, 1), 255)
    clear = np.concatenate([photo(HEIGHT, WIDTH), opaque - 200], axis=2).astype(np.uint8)
    for codec, mode, big in itertools.product(CODECS, ("1", "L", "P", "RGB", "RGBA", "LA", "CMYK"), (False, True)):
        given = Image.fromarray(clear) if mode == "RGBA" else picture.convert(mode)
        right = np.asarray(given.convert("RGB")).astype(float)
        if mode == "RGBA":
            right = on_white(right, clear[..., 3] / 255)
        most = 1.01 if mode == "CMYK" else 0.51
        data = encode(given, "TIFF", compression=codec, big_tiff=big)
        yield Valid("TIFF", f"{codec} {mode}{', big' * big}", data, right, most)
    flat = picture.convert("1")
    for codec in ("group3", "group4", "tiff_ccitt"):
        right = np.asarray(flat.convert("RGB")).astype(float)
        yield Valid("TIFF", f"{codec} of two colours", encode(flat, "TIFF", compression=codec), right)
    for mode in ("L", "RGB"):
        right = np.asarray(picture.convert(mode).convert("RGB")).astype(float)
        data = encode(picture.convert(mode), "TIFF", compression="jpeg", quality=95)
        yield Valid("TIFF", f"jpeg {mode}", data, right, 40, 3)


def of_few_bits() -> Iterator[Valid]:
    """Four by four values of one, two and four bits; the first bit the highest, or the lowest."""
    for bits, negative, fill in itertools.product((1, 2, 4), (False, True), (1, 2)):
        values = (np.arange(16).reshape(4, 4) * 7 + 3) % 2**bits
        packed = [sum(int(value) << (32 - bits * (x + 1)) for x, value in enumerate(row)) for row in values]
        whole = b"".join(struct.pack(">L", row)[: -(-4 * bits // 8)] for row in packed)
        if fill == 2:
            whole = bytes(int(f"{byte:08b}"[::-1], 2) for byte in whole)
        tags = ((258, 3, 1, bits), (262, 3, 1, 0 if negative else 1), (266, 3, 1, fill), (279, 4, 1, len(whole)))
        data = bytearray(tiff(*tags))
        data[400 : 400 + len(whole)] = whole
        right = levels(values[..., None], bits)
        name = f"{bits} bits, {'least is white, ' * negative}filled from {'below' if fill == 2 else 'above'}"
        yield Valid("TIFF", name, bytes(data), 255 - right if negative else right)


def of_several_pictures() -> Iterator[Valid]:
    values = drawn(3).astype(np.uint8)
    right = values.astype(float)
    frames = [Image.fromarray(np.roll(values, n, axis=0)) for n in range(4)]
    for codec in ("raw", "tiff_lzw"):
        data = encode(frames[0], "TIFF", save_all=True, append_images=frames[1:], compression=codec)
        yield Valid("TIFF", f"four pictures, {codec}", data, right)
    pages = np.stack([np.roll(values, n, axis=0) for n in range(3)])
    yield Valid("TIFF", "three pictures", written(pages, photometric="rgb"), right)
    for name, entry in {
        "a next one that is the first": None, "EXIF that is the first": 34665, "one below that is the first": 330,
    }.items():  # fmt: skip
        ring = bytearray(tiff() if entry is None else tiff((entry, 4, 1, 8)))
        if entry is None:
            n = struct.unpack_from("<H", ring, 8)[0]
            ring[10 + 12 * n : 14 + 12 * n] = struct.pack("<L", 8)
        grey = np.arange(0, 160, 10).reshape(4, 4, 1)
        yield Valid("TIFF", f"directories in a ring: {name}", bytes(ring), levels(grey))


def valid_tiffs() -> list[Valid]:
    return [
        *colours_in_every_layout(), *grey_in_every_layout(), *with_opacity(), *by_libtiff(), *of_few_bits(),
        *of_several_pictures(),
    ]  # fmt: skip
