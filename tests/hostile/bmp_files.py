"""BMP of every depth, header and packing, written by the specification: Pillow writes few of them."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator

import numpy as np

from tests.hostile.sample import HEIGHT, WIDTH, Valid, drawn, on_white

HEADERS = {"core": 12, "info": 40, "version 4": 108, "version 5": 124}
MASKS = {  # red, green, blue, opacity
    "555": (16, (0x7C00, 0x03E0, 0x001F, 0)),
    "565": (16, (0xF800, 0x07E0, 0x001F, 0)),
    "BGRX": (32, (0xFF0000, 0xFF00, 0xFF, 0)),
    "XBGR": (32, (0xFF000000, 0xFF0000, 0xFF00, 0)),
    "BGRA": (32, (0xFF0000, 0xFF00, 0xFF, 0xFF000000)),
    "RGBA": (32, (0xFF, 0xFF00, 0xFF0000, 0xFF000000)),
    "ABGR": (32, (0xFF000000, 0xFF0000, 0xFF00, 0xFF)),
}
_PLAIN, _RLE8, _RLE4, _FIELDS = range(4)


def bmp(
    pixels: bytes,
    size: tuple[int, int],
    bits: int,
    *,
    palette: np.ndarray | None = None,
    header: int = 40,
    packing: int = _PLAIN,
    masks: tuple[int, ...] = (),
) -> bytes:
    """Packed pixels as a file; a negative height says that the first row is the top one."""
    width, height = size
    if header == 12:
        head = struct.pack("<LHHHH", 12, width, height, 1, bits)
    else:
        n_colours = 0 if palette is None else len(palette)
        facts = (header, width, height, 1, bits, packing, len(pixels), 2835, 2835, n_colours, 0)
        head = struct.pack("<LllHHLLLLLL", *facts)
        head += struct.pack(f"<{len(masks)}L", *masks) if header > 40 else b""
        head = head.ljust(header, b"\0") + (struct.pack("<3L", *masks[:3]) if masks and header == 40 else b"")
    colours = b""
    if palette is not None:
        colours = b"".join(bytes(colour[::-1].tolist()) + b"\0" * (header > 12) for colour in palette)
    start = 14 + len(head) + len(colours)
    return struct.pack("<2sLHHL", b"BM", start + len(pixels), 0, 0, start) + head + colours + pixels


def rows(values: np.ndarray, bits: int, *, first_on_top: bool = False) -> bytes:
    """Numbers (H, W) of so many bits, each row filled up to four bytes."""
    found = []
    for row in values if first_on_top else values[::-1]:
        single = (row[:, None] >> np.arange(bits)[::-1]) & 1
        packed = np.packbits(single.ravel().astype(np.uint8)).tobytes()
        if bits > 8:  # the lowest byte of each number comes first
            packed = b"".join(packed[at : at + bits // 8][::-1] for at in range(0, len(packed), bits // 8))
        found.append(packed.ljust(-(-len(packed) // 4) * 4, b"\0"))
    return b"".join(found)


def run_lengths(values: np.ndarray, bits: int) -> bytes:
    """Packed by runs: odd rows as they are, behind their number; of the others each run of equal values by itself."""
    found = []
    for y, row in enumerate(values[::-1].tolist()):
        if y % 2:
            part = bytes(row) if bits == 8 else _halves(row)
            found.append(bytes([0, len(row)]) + part + b"\0" * (len(part) % 2))
        else:
            runs = [(value, len(list(group))) for value, group in itertools.groupby(row)]
            found.append(b"".join(bytes([n, value if bits == 8 else 17 * value]) for value, n in runs))
    return b"\0\0".join(found) + b"\0\1"


def _halves(row: list[int]) -> bytes:
    return bytes(16 * one + two for one, two in zip(row[::2], [*row[1::2], 0], strict=False))


def of_a_palette() -> Iterator[Valid]:
    for bits, (name, header), first_on_top in itertools.product((1, 4, 8), HEADERS.items(), (False, True)):
        if header == 12 and first_on_top:
            continue  # its height has no sign
        values, palette = drawn(1, bits)[..., 0], np.random.default_rng(bits).integers(0, 256, (2**bits, 3))
        size = WIDTH, -HEIGHT if first_on_top else HEIGHT
        data = bmp(rows(values, bits, first_on_top=first_on_top), size, bits, palette=palette, header=header)
        yield Valid("BMP", f"{bits} bits, {name}{', top first' * first_on_top}", data, palette[values].astype(float))
    for bits, width in itertools.product((1, 4, 8), range(1, 10)):
        values, palette = drawn(1, bits, 3, width)[..., 0], np.arange(3 * 2**bits).reshape(-1, 3) % 256
        data = bmp(rows(values, bits), (width, 3), bits, palette=palette)
        yield Valid("BMP", f"{bits} bits, {width} wide", data, palette[values].astype(float))


def of_colours() -> Iterator[Valid]:
    for bits, (name, header), first_on_top in itertools.product((16, 24, 32), HEADERS.items(), (False, True)):
        if header == 12 and (first_on_top or bits != 24):
            continue
        depth = 5 if bits == 16 else 8
        colours = drawn(3, depth)
        masks = (10, 5, 0) if bits == 16 else (16, 8, 0)
        values = (colours << np.array(masks)).sum(axis=2)
        values |= 0x5A000000 if bits == 32 else 0  # what is not used may be anything
        size = WIDTH, -HEIGHT if first_on_top else HEIGHT
        data = bmp(rows(values, bits, first_on_top=first_on_top), size, bits, header=header)
        right = colours * 255 / (2**depth - 1)
        most = 1.01 if bits == 16 else 0.51  # five bits are scaled by one of two usual rules
        yield Valid("BMP", f"{bits} bits, {name}{', top first' * first_on_top}", data, right, most)


def of_masks() -> Iterator[Valid]:
    for (name, (bits, masks)), (version, header) in itertools.product(MASKS.items(), HEADERS.items()):
        if header == 12 or (header == 40 and masks[3]):
            continue  # these have no place for the masks, or for that of opacity
        values, found = np.zeros((HEIGHT, WIDTH), np.int64), []
        for channel, mask in enumerate(masks):
            depth, shift = mask.bit_count(), (mask & -mask).bit_length() - 1
            if depth:
                part = drawn(4, depth)[..., channel]
                values |= part << shift
                found.append(part * 255 / (2**depth - 1))
        right = np.stack(found[:3], axis=2)
        right = on_white(right, found[3] / 255) if masks[3] else right
        data = bmp(rows(values, bits), (WIDTH, HEIGHT), bits, header=header, packing=_FIELDS, masks=masks)
        yield Valid("BMP", f"masks {name}, {version}", data, right, 1.01 if bits == 16 else 0.51)


def of_runs() -> Iterator[Valid]:
    for bits, packing in ((8, _RLE8), (4, _RLE4)):
        palette = np.random.default_rng(bits).integers(0, 256, (2**bits, 3))
        for width in (WIDTH, 30, 5):
            values = drawn(1, bits, HEIGHT, width)[..., 0] // 2
            data = bmp(run_lengths(values, bits), (width, HEIGHT), bits, palette=palette, packing=packing)
            yield Valid("BMP", f"runs of {bits} bits, {width} wide", data, palette[values].astype(float))
        hole = np.zeros((4, 6), np.int64)
        hole[3, :2], hole[1, 3:5] = 1, 2
        first, second = (17, 34) if bits == 4 else (1, 2)
        packed = bytes([2, first, 0, 2, 1, 2, 2, second, 0, 0, 6, 0, 0, 1])
        data = bmp(packed, (6, 4), bits, palette=palette, packing=packing)
        yield Valid("BMP", f"runs of {bits} bits, with a leap", data, palette[hole].astype(float))


def valid_bmps() -> list[Valid]:
    return [*of_a_palette(), *of_colours(), *of_masks(), *of_runs()]
