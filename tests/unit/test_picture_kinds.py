"""Pictures as cameras, microscopes and satellites write them: modes x depths x containers, and what is done to them."""

from __future__ import annotations

import io
import itertools
import time
import zipfile
from collections.abc import Iterator

import numpy as np
import pytest
import tifffile
from PIL import Image

from explorer.errors import BadImage
from explorer.pictures.image import read_image
from tests.picture_files import encode, photo, png16, written

Case = tuple[str, bytes, np.ndarray]
HEIGHT, WIDTH = 37, 45  # no multiple of a tile, nor of a strip


def in_range(kind: str, channels: int) -> np.ndarray:
    """A picture (H, W, channels) of numbers of a kind, in a small part of what it could hold."""
    plain = photo(HEIGHT, WIDTH)[..., [0, 1, 2, 0, 1][:channels]].astype(np.float64)
    return {"u": plain * 12, "i": plain * 12 - 700, "f": plain / 240}[kind[0]].astype(kind)


def expected(values: np.ndarray) -> np.ndarray:
    """The levels by the rule in words, one value at a time: black is 0 or the least value where that is below, and what
    is far from 0 fills half of the levels; white is the largest value, of floats below 1 twice that but at most 1."""
    numbers = [float(value) for value in values.ravel()]
    low, white = min(numbers), max(numbers)
    if values.dtype.kind == "f" and 0 < white < 1:
        white = min(1.0, 2 * white)
    black = low if low < 0 else max(0.0, 2 * low - white)
    return np.reshape([255 * (number - black) / (white - black) for number in numbers], values.shape)


def deep_tiffs() -> Iterator[Case]:
    layouts = {"strips": {"rowsperstrip": 5}, "one strip": {}, "tiles": {"tile": (16, 32)}}
    packings = {"plain": {}, "deflate": {"compression": "zlib"}, "differences": {"compression": "zlib", "predictor": 2}}
    for kind, order, (layout, laid), (packing, packed) in itertools.product(
        ("u2", "u4", "i2", "i4", "f4", "f8", "f2"), "<>", layouts.items(), packings.items()
    ):
        if packing == "differences" and kind[0] == "f":
            continue  # tifffile's own differences of floats are those of another kind
        grey = in_range(kind, 1)[..., 0]
        shown = np.repeat(expected(grey)[..., None], 3, axis=2)
        yield f"{order}{kind} {layout} {packing}", written(grey, byteorder=order, **laid, **packed), shown
    for kind, planar in itertools.product(("u2", "i2", "f4"), ("contig", "separate")):
        values = in_range(kind, 3)
        given = values if planar == "contig" else values.transpose(2, 0, 1)
        options = {"photometric": "rgb", "planarconfig": planar, "rowsperstrip": 7, "compression": "zlib"}
        yield f"{kind} colours {planar}", written(given, **options), expected(values)


def channels() -> Iterator[Case]:
    for n, kind, planar in itertools.product((2, 5), ("u1", "u2", "f4"), ("contig", "separate")):
        values = photo(HEIGHT, WIDTH)[..., [0, 1, 2, 0, 1][:n]] if kind == "u1" else in_range(kind, n)
        shown = values[..., :1] if kind == "u1" else expected(values[..., :1])
        given = values if planar == "contig" else values.transpose(2, 0, 1)
        data = written(np.ascontiguousarray(given), planarconfig=planar)
        yield f"{n} channels {kind} {planar}", data, np.repeat(shown, 3, axis=2)


def negatives() -> Iterator[Case]:
    for kind in ("u2", "i2", "f4"):
        values = in_range(kind, 1)[..., 0]
        shown = 255 - np.repeat(expected(values)[..., None], 3, axis=2)
        yield f"negative {kind}", written(values, photometric="miniswhite"), shown


def by_pillow() -> Iterator[Case]:
    twelve = in_range("u2", 1)[..., 0]
    shown = np.repeat(expected(twelve)[..., None], 3, axis=2)
    for packing in ("raw", "tiff_lzw", "packbits", "tiff_adobe_deflate"):
        yield f"16 bits {packing}", encode(Image.fromarray(twelve), "TIFF", compression=packing), shown
    yield "png grey", encode(Image.fromarray(twelve)), shown
    colours = in_range("u2", 3)
    yield "png 16-bit colours", png16(colours), expected(colours)
    opaque = np.full((HEIGHT, WIDTH, 1), 65535, np.uint16)
    yield "png 16-bit colours and opacity", png16(np.concatenate([colours, opaque], axis=2)), expected(colours)
    grey = np.concatenate([twelve[..., None], opaque], axis=2)
    yield "png 16-bit grey and opacity", png16(grey), shown
    for kind, mode in itertools.product(("PNG", "TIFF", "BMP", "GIF", "WEBP"), ("RGB", "L", "1", "P", "RGBA")):
        if (kind, mode) in {("GIF", "RGB"), ("GIF", "RGBA"), ("BMP", "RGBA")}:
            continue  # of 256 colours, and without opacity
        picture = Image.fromarray(photo(HEIGHT, WIDTH)).convert(mode)
        data = encode(picture, kind, **({"lossless": True} if kind == "WEBP" else {}))
        yield f"{kind} {mode}", data, np.asarray(picture.convert("RGB"))


VALID = [*deep_tiffs(), *channels(), *negatives(), *by_pillow()]


def test_every_kind_has_the_right_pixels() -> None:
    assert len(VALID) >= 150
    wrong = {}
    for name, data, right in VALID:
        shown = read_image(data, name)
        assert shown.pixels.shape == right.shape, name
        if (far := np.abs(shown.pixels - right.astype(float)).max()) > 0.51:
            wrong[name] = far, shown.notes
        assert shown.pixels.max() > 100, name
    assert not wrong


def test_notes_say_what_was_stretched_and_what_is_left_out() -> None:
    for name, data, _ in VALID:
        notes = " ".join(read_image(data).notes)
        if name.split()[0][1:] in ("u2", "u4", "i2", "i4", "f4", "f8", "f2") or name.startswith(
            ("negative", "16 bits")
        ):
            assert "stretched from" in notes or "from 0 to 1" in notes, (name, notes)
        if name.startswith("2 channels"):
            assert notes.endswith("the first channel is shown; a second one is there for networks"), (
                name,
                notes,
            )
        if name.startswith("5 channels"):
            assert notes.endswith("the first channel is shown; 4 more are there for networks"), (
                name,
                notes,
            )


def test_packings_of_odd_bits() -> None:
    """10, 12 and 14 bits for each value, the first bit the highest; each row begins with a byte."""
    rng = np.random.default_rng(0)
    for bits in (10, 12, 14):
        values = rng.integers(0, 2**bits, (HEIGHT, WIDTH))
        rows = ["".join(f"{value:0{bits}b}" for value in row) for row in values]
        packed = b"".join(
            int(row.ljust(-(-len(row) // 8) * 8, "0"), 2).to_bytes(-(-len(row) // 8), "big") for row in rows
        )
        n = len(packed)
        whole = written(np.zeros((HEIGHT, WIDTH), np.uint16))
        page = tifffile.TiffFile(io.BytesIO(whole)).pages[0]
        data = bytearray(whole[: page.dataoffsets[0]] + packed)
        for tag, value in ((258, bits), (279, n)):
            at = page.tags[tag].valueoffset
            data[at : at + (2 if tag == 258 else 4)] = value.to_bytes(2 if tag == 258 else 4, "little")
        image = read_image(bytes(data))
        assert np.abs(image.pixels[..., 1] - 255 * values / (2**bits - 1)).max() <= 0.51
        assert image.notes == (f"{bits}-bit grey scaled to 8 bits",)


def hostile() -> Iterator[tuple[str, bytes]]:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("cat.png", encode(Image.fromarray(photo())))
    others = [
        archive.getvalue(),
        b"to be or not to be" * 99,
        b"<!doctype html><html><img src='cat.png'></html>",
        b"\0" * 999,
    ]
    for name, content in itertools.product(("cat.png", "cat.tif", "cat.jpg", "cat.heic"), others):
        yield name, content
    for name, data, _ in VALID[::4]:
        yield f"{name}, half", data[: len(data) // 2]
        yield f"{name}, a tenth", data[: len(data) // 10]


def test_what_is_no_picture_or_half_of_one_is_told_in_a_sentence() -> None:
    cases = list(hostile())
    assert len(cases) >= 60
    for name, data in cases:
        start = time.thread_time()
        with pytest.raises(BadImage) as caught:
            read_image(data, name)
        assert time.thread_time() - start < 5, name
        assert str(caught.value).startswith(f"'{name}' "), name
        assert str(caught.value).endswith("."), name


def test_random_damage_of_deep_tiffs_gives_a_picture_or_a_sentence() -> None:
    rng = np.random.default_rng(5)
    n_pictures = n_sentences = 0
    for _, data, _ in VALID[:120:3]:
        for _ in range(12):
            damaged = bytearray(data)
            for at in rng.integers(0, min(len(data), 400), rng.integers(1, 5)):
                damaged[at] = rng.integers(0, 256)
            start = time.thread_time()
            try:
                n_pictures += read_image(bytes(damaged)).pixels.ndim == 3
            except BadImage:
                n_sentences += 1
            assert time.thread_time() - start < 5
    assert min(n_pictures, n_sentences) > 50
