"""GIF with palettes, frames and rows as no library writes them, by the specification."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator

import numpy as np
from PIL import Image

from tests.hostile.sample import HEIGHT, WIDTH, Valid, drawn, on_white
from tests.picture_files import encode

_ORDER = ((0, 8), (4, 8), (2, 4), (1, 2))  # first row and step of the passes of an interlaced frame


def codes(values: np.ndarray, bits: int) -> bytes:
    """Values of so many bits, each as a code of its own; the table is cleared before codes would grow longer."""
    clear, written, size = 2**bits, [2**bits], bits + 1
    for count, value in enumerate(values.ravel().tolist()):
        if count and count % (2**bits - 2) == 0:
            written.append(clear)
        written.append(value)
    written.append(clear + 1)
    number = sum(code << size * i for i, code in enumerate(written))
    data = number.to_bytes(-(-len(written) * size // 8), "little")
    blocks = [data[at : at + 255] for at in range(0, len(data), 255)]
    return bytes([bits]) + b"".join(bytes([len(block)]) + block for block in blocks) + b"\0"


def frame(
    values: np.ndarray,
    bits: int,
    *,
    at: tuple[int, int] = (0, 0),
    palette: np.ndarray | None = None,
    interlaced: bool = False,
    transparent: int | None = None,
) -> bytes:
    """One picture of a GIF, with what stands before it."""
    height, width = values.shape
    if interlaced:
        values = np.concatenate([values[start::step] for start, step in _ORDER])
    control = b"" if transparent is None else b"!\xf9\4\1\0\0" + bytes([transparent, 0])
    flags = (0x80 | (bits - 1) if palette is not None else 0) | 0x40 * interlaced
    table = b"" if palette is None else palette.astype(np.uint8).tobytes()
    return control + b"," + struct.pack("<4HB", *at, width, height, flags) + table + codes(values, max(2, bits))


def gif(size: tuple[int, int], *frames: bytes, palette: np.ndarray | None = None, version: bytes = b"89a") -> bytes:
    """A GIF of (width, height) with the palette of all frames."""
    flags = 0 if palette is None else 0x80 | (len(palette).bit_length() - 2)
    table = b"" if palette is None else palette.astype(np.uint8).tobytes()
    return b"GIF" + version + struct.pack("<HHBBB", *size, flags, 0, 0) + table + b"".join(frames) + b";"


def colours(bits: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(100 * seed + bits).integers(0, 256, (2**bits, 3))


def by_the_specification() -> Iterator[Valid]:
    for bits, local, interlaced, keyed in itertools.product((1, 2, 4, 8), *3 * [(False, True)]):
        values, palette, other = drawn(1, bits)[..., 0], colours(bits), colours(bits, 1)
        key = int(values[4, 4]) if keyed else None
        one = frame(values, bits, palette=other if local else None, interlaced=interlaced, transparent=key)
        right = (other if local else palette)[values].astype(float)
        if keyed:
            right = on_white(right, (values != key).astype(float))
        marks = ", own palette" * local + ", interlaced" * interlaced + ", transparent" * keyed
        yield Valid("GIF", f"{bits} bits{marks}", gif((WIDTH, HEIGHT), one, palette=palette), right)


def of_several_frames() -> Iterator[Valid]:
    values, palette = drawn(1, 4)[..., 0], colours(4)
    right = palette[values].astype(float)
    second = frame(values.T[:9, :9], 4, at=(3, 2), palette=colours(4, 2))
    comment, loop = b"!\xfe\5a b c\0", b"!\xff\x0bNETSCAPE2.0\3\1\0\0\0"
    first = frame(values, 4)
    size = WIDTH, HEIGHT
    yield Valid("GIF", "two frames", gif(size, first, second, palette=palette), right)
    yield Valid("GIF", "endless", gif(size, loop, first, second, second, palette=palette), right)
    yield Valid("GIF", "a comment first", gif(size, comment, first, palette=palette), right)
    yield Valid("GIF", "of 1987", gif(size, first, palette=palette, version=b"87a"), right)
    yield Valid("GIF", "without its end", gif(size, first, palette=palette)[:-1], right)
    yield Valid("GIF", "with bytes behind", gif(size, first, palette=palette) + bytes(99), right)


def of_a_part() -> Iterator[Valid]:
    """A first frame that covers a part of the canvas: the rest of it is transparent, as browsers show it."""
    values, palette = drawn(1, 4)[..., 0], colours(4)
    for key, at in itertools.product((None, 5), ((0, 0), (4, 3))):
        data = gif((40, 30), frame(values, 4, at=at, transparent=key), palette=palette)
        right = np.full((30, 40, 3), 255.0)
        shown = on_white(palette[values].astype(float), (values != key).astype(float))
        right[at[1] : at[1] + HEIGHT, at[0] : at[0] + WIDTH] = shown
        yield Valid("GIF", f"a part of the canvas at {at}{'' if key is None else ', transparent'}", data, right)


def by_pillow() -> Iterator[Valid]:
    for n, interlaced, disposal in itertools.product((2, 16, 256), (False, True), (0, 2)):
        palette = np.random.default_rng(n).integers(0, 256, (n, 3))
        values = drawn(1, n.bit_length() - 1)[..., 0]
        frames = []
        for turn in range(3):
            frames.append(Image.fromarray(np.roll(values, turn, axis=1).astype(np.uint8)).convert("P"))
            frames[-1].putpalette(palette.astype(np.uint8).tobytes())
        more = {"save_all": True, "append_images": frames[1:]} if disposal else {}
        data = encode(frames[0], "GIF", interlace=interlaced, disposal=disposal, **more)
        name = f"by Pillow, {n} colours{', interlaced' * interlaced}{', animated' * bool(disposal)}"
        yield Valid("GIF", name, data, palette[values].astype(float))


def valid_gifs() -> list[Valid]:
    return [*by_the_specification(), *of_several_frames(), *of_a_part(), *by_pillow()]
