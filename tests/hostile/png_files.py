"""PNG of every type and depth, written by the specification: what no library writes is among them."""

from __future__ import annotations

import itertools
import struct
import zlib
from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image

from tests.hostile.sample import HEIGHT, WIDTH, Valid, drawn, levels, on_white, reduced
from tests.picture_files import chunk, encode, photo

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # of each type of colour
DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_PASSES = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
MIXED = 5  # a filter of its own for each row


def png_of(
    values: np.ndarray,
    colour: int,
    depth: int,
    *,
    interlaced: bool = False,
    kind: int = 0,
    before: Sequence[bytes] = (),
    n_parts: int = 1,
) -> bytes:
    """Values (H, W, C) as a PNG. `kind` is the filter of its rows, `before` are chunks before the pixels."""
    step = max(1, depth * values.shape[2] // 8)
    passes = [values[y::down, x::right] for y, x, down, right in _PASSES] if interlaced else [values]
    rows = b"".join(_filtered(_rows(part, depth), step, kind) for part in passes if part.size)
    packed, header = zlib.compress(rows), struct.pack(">LLBBBBB", *values.shape[1::-1], depth, colour, 0, 0, interlaced)
    size = -(-len(packed) // n_parts)
    parts = [chunk(b"IDAT", packed[at : at + size]) for at in range(0, len(packed), size)]
    return SIGNATURE + b"".join([chunk(b"IHDR", header), *before, *parts, chunk(b"IEND", b"")])


def _rows(values: np.ndarray, depth: int) -> list[bytes]:
    if depth >= 8:
        return [row.astype(f">u{depth // 8}").tobytes() for row in values]
    bits = (values[..., 0, None] >> np.arange(depth)[::-1]) & 1
    return [np.packbits(row.ravel().astype(np.uint8)).tobytes() for row in bits]


def _filtered(rows: Sequence[bytes], step: int, kind: int) -> bytes:
    found, above = [], bytes(len(rows[0]))
    for y, row in enumerate(rows):
        own = y % 5 if kind == MIXED else kind
        if own == 0:
            found.append(b"\0" + row)
            above = row
            continue
        left, corner = bytes(step) + row[:-step], bytes(step) + above[:-step]
        guesses = [_guess(own, *three) for three in zip(left, above, corner, strict=False)]
        found.append(bytes([own, *((value - guess) & 255 for value, guess in zip(row, guesses, strict=False))]))
        above = row
    return b"".join(found)


def _guess(kind: int, left: int, above: int, corner: int) -> int:
    if kind == 4:
        return min((left, above, corner), key=lambda value: abs(left + above - corner - value))
    return (left, above, (left + above) // 2)[kind - 1]


def _palette(depth: int) -> np.ndarray:
    return np.random.default_rng(depth).integers(0, 256, (2**depth, 3))


def of_every_type() -> Iterator[Valid]:
    for colour, interlaced, keyed in itertools.product(CHANNELS, (False, True), (False, True)):
        if keyed and colour in (4, 6):
            continue  # they have opacity already
        for depth in DEPTHS[colour]:
            values = drawn(CHANNELS[colour], depth)
            before, right = _palette_case(values, depth, keyed) if colour == 3 else _case(values, colour, depth, keyed)
            data = png_of(values, colour, depth, interlaced=interlaced, before=before)
            name = f"type {colour}, {depth} bits{', interlaced' * interlaced}{', with a transparent colour' * keyed}"
            yield Valid("PNG", name, data, right)


def _case(values: np.ndarray, colour: int, depth: int, keyed: bool) -> tuple[list[bytes], np.ndarray]:
    n = 3 if colour in (2, 6) else 1
    right = levels(values[..., :n], depth)
    if colour in (4, 6):
        return [], on_white(right, values[..., n] / (2**depth - 1))
    if not keyed:
        return [], right
    key = values[3, 5]
    return [chunk(b"tRNS", struct.pack(f">{n}H", *key))], on_white(right, (values != key).any(axis=2).astype(float))


def _palette_case(values: np.ndarray, depth: int, keyed: bool) -> tuple[list[bytes], np.ndarray]:
    palette = _palette(depth)
    before = [chunk(b"PLTE", palette.astype(np.uint8).tobytes())]
    right = palette[values[..., 0]].astype(float)
    if not keyed:
        return before, right
    opacity = np.full(len(palette), 255)
    opacity[: len(palette) // 2] = np.arange(len(palette) // 2) * 7 % 256  # the others stay opaque
    table = chunk(b"tRNS", opacity[: len(palette) // 2].astype(np.uint8).tobytes())
    return [*before, table], on_white(right, opacity[values[..., 0]] / 255)


def filtered() -> Iterator[Valid]:
    for (colour, depth), kind in itertools.product(((0, 8), (0, 2), (2, 8), (6, 8), (2, 16)), range(1, 6)):
        values = drawn(CHANNELS[colour], depth)
        _, right = _case(values, colour, depth, False)
        data = png_of(values, colour, depth, kind=kind, n_parts=1 + kind)
        yield Valid("PNG", f"type {colour}, {depth} bits, filter {kind} in {1 + kind} parts", data, right)


def of_odd_sizes() -> Iterator[Valid]:
    sizes = ((1, 1), (1, 7), (7, 1), (2, 3), (8, 8), (9, 5), (1, 2048), (2048, 1), (1, 2049), (2049, 2), (5, 6000))
    for (height, width), interlaced in itertools.product(sizes, (False, True)):
        values = np.random.default_rng(width).integers(0, 256, (height, width, 3))
        data = png_of(values, 2, 8, interlaced=interlaced)
        right = values.astype(float)
        right = reduced(right) if max(height, width) > 2048 else right
        yield Valid("PNG", f"{width} x {height}{', interlaced' * interlaced}", data, right)


def with_chunks_beside() -> Iterator[Valid]:
    values = drawn(3)
    beside = {
        "gamma of sRGB": chunk(b"gAMA", struct.pack(">L", 45455)),
        "sRGB": chunk(b"sRGB", b"\0"),
        "primaries": chunk(b"cHRM", struct.pack(">8L", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)),
        "resolution": chunk(b"pHYs", struct.pack(">LLB", 2835, 1000, 1)),
        "text": chunk(b"tEXt", b"Comment\0a b c"),
        "packed text": chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"a b c")),
        "text of the world": chunk(b"iTXt", "Comment\0\0\0de\0Bemerkung\0süß".encode()),
        "time": chunk(b"tIME", struct.pack(">HBBBBB", 2024, 2, 29, 23, 59, 60)),
        "background": chunk(b"bKGD", b"\0\1\0\2\0\3"),
        "significant bits": chunk(b"sBIT", b"\5\6\5"),
        "a palette for old screens": chunk(b"PLTE", bytes(range(48))),
        "histogram": chunk(b"PLTE", bytes(6)) + chunk(b"hIST", b"\0\1\0\2"),
        "a chunk of somebody": chunk(b"abCd", bytes(range(256))),
        "an empty one": chunk(b"abCd", b""),
        "broken text": chunk(b"zTXt", b"Comment\0\0not packed"),
        "a broken profile": chunk(b"iCCP", b"icc\0\0" + zlib.compress(b"none")),
        "broken time": chunk(b"tIME", b"\0"),
    }
    for name, more in beside.items():
        data = png_of(values, 2, 8, before=[more], n_parts=3)
        yield Valid("PNG", f"with {name}", data, values.astype(float))
    empty = png_of(values, 2, 8, before=[chunk(b"IDAT", b"")])
    yield Valid("PNG", "an empty part first", empty, values.astype(float))
    behind = png_of(values, 2, 8)
    yield Valid("PNG", "with bytes behind its end", behind + b"PK\3\4" + bytes(99), values.astype(float))


def animated() -> Iterator[Valid]:
    frames = [Image.fromarray(np.roll(photo(HEIGHT, WIDTH), 5 * n, axis=1)) for n in range(3)]
    for mode, disposal, blend in itertools.product(("RGB", "L", "P", "RGBA"), (0, 1), (0, 1)):
        if disposal and mode in ("L", "P"):
            continue  # Pillow does not write it
        first, *others = (frame.convert(mode) for frame in frames)
        data = encode(first, "PNG", save_all=True, append_images=others, disposal=disposal, blend=blend)
        right = np.asarray(first.convert("RGB")).astype(float)
        yield Valid("APNG", f"{mode}, disposal {disposal}, blend {blend}", data, right)


def valid_pngs() -> list[Valid]:
    return [*of_every_type(), *filtered(), *of_odd_sizes(), *with_chunks_beside(), *animated()]
