"""Files under the names of pictures that are none, by kind of fault: each must be refused in a sentence."""

from __future__ import annotations

import itertools
import struct
import zlib
from collections.abc import Callable, Iterator

import numpy as np
import safetensors.numpy
from PIL import Image

from tests.hostile.bmp_files import bmp, rows, run_lengths
from tests.hostile.gif_files import codes, colours, frame, gif
from tests.hostile.other_files import other_kinds
from tests.hostile.png_files import SIGNATURE, png_of
from tests.hostile.sample import Hostile, drawn
from tests.picture_files import chunk, encode, png, png16, tiff, written

NOISE = np.random.default_rng(0).integers(0, 256, (40, 48, 3), dtype=np.uint8)
BROKEN = ("is cut off: the end of the picture is missing. ", "is damaged and cannot be decoded. ")
NO_PICTURE = ("is not a picture that can be read; ",)
LARGE = ("Make it smaller.",)


def sources() -> dict[str, bytes]:
    """One good file of each kind, of noise: no part of it follows from another."""
    picture, values = Image.fromarray(NOISE), NOISE.astype(np.int64)
    palette = colours(8)
    index = values[..., 0]
    return {
        "PNG": encode(picture),
        "PNG interlaced": png_of(values, 2, 8, interlaced=True),
        "PNG 16 bits": png16(NOISE.astype(np.uint16) * 257),
        "JPEG": encode(picture, "JPEG", quality=90),
        "JPEG progressive": encode(picture, "JPEG", quality=90, progressive=True),
        "JPEG CMYK": encode(picture.convert("CMYK"), "JPEG", quality=90),
        "GIF": gif((48, 40), frame(index, 8), palette=palette),
        "WEBP": encode(picture, "WEBP", quality=90),
        "WEBP lossless": encode(picture, "WEBP", lossless=True),
        "BMP": encode(picture, "BMP"),
        "BMP runs": bmp(run_lengths(index, 8), (48, 40), 8, palette=palette, packing=1),
        "TIFF": encode(picture, "TIFF"),
        "TIFF LZW": encode(picture, "TIFF", compression="tiff_lzw"),
        "TIFF deep": written(NOISE.astype(np.uint16) * 257, photometric="rgb", tile=(16, 16), compression="zlib"),
        "AVIF": encode(picture, "AVIF", quality=90, speed=10),
    }


def spoiled(data: bytes, at: int, new: bytes) -> bytes:
    assert data[at : at + len(new)] != new
    return data[:at] + new + data[at + len(new) :]


def cut_off() -> Iterator[Hostile]:
    for kind, data in sources().items():
        for part in (0.02, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9):
            yield Hostile("cut off", f"{kind} at {part}", data[: int(part * len(data))], BROKEN)


def wrong_beginnings() -> Iterator[Hostile]:
    places = {"PNG": range(8), "JPEG": range(3), "GIF": range(6), "WEBP": (0, 3, 8, 11), "BMP": (0, 1), "AVIF": (4, 8)}
    for kind, bytes_of_it in places.items():
        data = sources()[kind]
        for at in bytes_of_it:
            yield Hostile(
                "wrong beginning", f"{kind} {at}", spoiled(data, at, bytes([data[at] ^ 0x15])), (*BROKEN, *NO_PICTURE)
            )
    for start in (b"II\0+", b"MM*\0", b"II,\0", b"IM*\0", b"\0\0*\0"):
        yield Hostile("wrong beginning", f"TIFF {start!r}", start + tiff()[4:], (*BROKEN, *NO_PICTURE))


def claims_of_size() -> Iterator[Hostile]:
    for width, height in ((7072, 7072), (65536, 1), (1, 65536), (2**31 - 1, 1), (30_000, 30_000), (2**31 - 1,) * 2):
        yield Hostile("claims too much", f"PNG {width} x {height}", png(width, height), LARGE)
        yield Hostile("claims too much", f"BMP {width} x {height}", bmp(b"", (width, height), 24), LARGE)
        for name, more in {"": (), " deep": ((258, 3, 1, 16),), " packed": ((258, 3, 1, 16), (259, 3, 1, 8))}.items():
            data = tiff((256, 4, 1, width), (257, 4, 1, height), *more)
            yield Hostile("claims too much", f"TIFF{name} {width} x {height}", data, LARGE)
    for start in (b"II*\0", b"II\0*"):  # the second is wrong, and some decoders take it
        data = start + tiff((273, 4, 12_000_000, 8))[4:]
        yield Hostile(
            "claims too much", f"millions of strips behind {start!r}", data, ("takes too much time or memory",)
        )
    yield Hostile("claims too much", "BMP upside down", bmp(b"", (7072, -7072), 24), LARGE)
    yield Hostile("claims too much", "deep PNG", png(4000, 4000, colour=6, depth=16), LARGE)
    jpeg, progressive = sources()["JPEG"], sources()["JPEG progressive"]
    for name, data, mark, size in (
        ("JPEG", jpeg, b"\xff\xc0", 7100), ("JPEG of one long side", jpeg, b"\xff\xc0", 65_535),
        ("progressive JPEG", progressive, b"\xff\xc2", 5400),
    ):  # fmt: skip
        yield Hostile(
            "claims too much", name, spoiled(data, data.index(mark) + 5, struct.pack(">HH", size, size)), LARGE
        )
    for width, height in ((7100, 7100), (65_535, 65_535), (65_535, 800)):
        data = gif((width, height), frame(drawn(1, 4)[..., 0], 4), palette=colours(4))
        yield Hostile("claims too much", f"GIF {width} x {height}", data, LARGE)


def broken_pngs() -> Iterator[Hostile]:
    good = png_of(drawn(3), 2, 8)
    packed = zlib.compress(bytes(9 * 28))
    header = good[8:33]
    for fault, name, data in (
        ("bad sum", "of the header", spoiled(good, 29, bytes([good[29] ^ 1]))),
        ("bad sum", "of the palette", png(9, 9, chunk(b"PLTE", bytes(6))[:-1] + b"x", data=packed, colour=3)),
        ("bad sum", "of the packed pixels", spoiled(good, good.index(b"IEND") - 12, b"zzzz")),
        ("missing chunk", "no header", SIGNATURE + good[33:]),
        ("missing chunk", "no pixels", SIGNATURE + header + chunk(b"IEND", b"")),
        ("missing chunk", "nothing but a signature", SIGNATURE),
        ("missing chunk", "nothing behind the header", SIGNATURE + header),
        ("missing chunk", "text alone", SIGNATURE + chunk(b"tEXt", b"a\0b") + chunk(b"IEND", b"")),
        ("zero size", "width", png(0, 9, data=packed)),
        ("zero size", "height", png(9, 0, data=packed)),
        ("zero size", "both", png(0, 0, data=packed)),
        ("corrupted data", "empty", png(9, 9)),
        ("corrupted data", "a wrong start", png(9, 9, data=b"\x79" + packed[1:])),
        ("corrupted data", "text", png(9, 9, data=b"these are no pixels at all")),
        ("corrupted data", "a block of no kind", png(9, 9, data=b"\x78\x9c\x07" + bytes(9))),
        ("corrupted data", "a stored block that lies", png(9, 9, data=b"\x78\x01\x01\x10\0\x10\0" + bytes(99))),
        ("corrupted data", "a reference before the start", png(9, 9, data=b"\x78\x9c\x4b\x04\x22\0\0\0\0\0")),
        ("corrupted data", "a filter of no kind", png(9, 9, data=zlib.compress(b"\x09" * 90))),
        ("corrupted data", "a chunk longer than the file", SIGNATURE + header + b"\x7f\xff\xff\xffIDAT" + packed),
        ("corrupted data", "a chunk of odd letters", SIGNATURE + header + chunk(b"\0\1\2\3", b"") + good[33:]),
        ("corrupted data", "a header of three bytes", SIGNATURE + chunk(b"IHDR", b"\0\0\0") + good[33:]),
    ):
        yield Hostile(fault, f"PNG, {name}", data, BROKEN)
    for colour, depth in ((0, 0), (0, 3), (0, 5), (0, 32), (2, 1), (2, 4), (2, 12), (3, 16), (4, 4), (6, 2), (1, 8),
                          (5, 8), (7, 8), (255, 255)):  # fmt: skip
        data = png(9, 9, data=zlib.compress(bytes(900)), colour=colour, depth=depth)
        yield Hostile("impossible depth", f"PNG of type {colour}, {depth} bits", data, BROKEN)


def broken_tiffs() -> Iterator[Hostile]:
    deep, beyond = (258, 3, 1, 16), 2**31
    for tag in (256, 257, 273):
        yield Hostile("missing tag", f"TIFF without {tag}", tiff(without=tag), BROKEN)
        yield Hostile("missing tag", f"deep TIFF without {tag}", tiff(deep, (279, 4, 1, 32), without=tag), BROKEN)
    for name, *tags in (
        ("width", (256, 3, 1, 0)), ("height", (257, 3, 1, 0)), ("deep width", deep, (256, 3, 1, 0)),
        ("deep height", deep, (257, 3, 1, 0)), ("deep strips of no row", deep, (278, 3, 1, 0)),
        ("tiles of no column", deep, (322, 3, 1, 0), (323, 3, 1, 16), (324, 4, 1, 400), (325, 4, 1, 32)),
        ("no channel", (277, 3, 1, 0)), ("no channel, deep", deep, (277, 3, 1, 0)),
    ):  # fmt: skip
        yield Hostile("zero size", f"TIFF, {name}", tiff(*tags), BROKEN)
    for bits, kind in itertools.product((33, 48, 65, 128, 255, 65_535), (1, 2, 3)):
        data = tiff((258, 3, 1, bits), (339, 3, 1, kind))
        yield Hostile("impossible depth", f"TIFF of {bits} bits, kind {kind}", data, (*BROKEN, "which is not read"))
    for name, *tags in (
        ("strip", (273, 4, 1, beyond)), ("strip at the end", (273, 4, 1, 516)),
        ("deep strip", deep, (273, 4, 1, beyond)), ("length", deep, (279, 4, 1, beyond)),
        ("list of strips", deep, (273, 4, 3, beyond), (278, 4, 1, 1)),
        ("list of tiles", deep, (322, 3, 1, 16), (323, 3, 1, 16), (324, 4, 2, beyond), (325, 4, 2, beyond)),
        ("one strip for two", deep, (257, 3, 1, 8), (278, 3, 1, 4)),
    ):  # fmt: skip
        yield Hostile("beyond the file", f"TIFF, {name}", tiff(*tags), BROKEN)
    for start in (400_000, 2**32 - 1, 499, 7):
        says = (*BROKEN, "takes too much time or memory")
        yield Hostile("beyond the file", f"directory at {start}", spoiled(tiff(), 4, struct.pack("<L", start)), says)
    for name, *tags in (("of no byte", deep, (279, 4, 1, 0)), ("of one byte", deep, (279, 4, 1, 1))):
        yield Hostile("empty strip", f"TIFF, {name}", tiff(*tags), BROKEN)
    for codec, bits in itertools.product((5, 8, 32946, 34925, 50000), (8, 16)):
        for n in (0, 16):
            data = tiff((258, 3, 1, bits), (259, 3, 1, codec), (279, 4, 1, n))
            fault = "corrupted data" if n else "empty strip"
            yield Hostile(fault, f"TIFF of codec {codec}, {bits} bits, {n} bytes", data, BROKEN)


def broken_jpegs() -> Iterator[Hostile]:
    good = sources()["JPEG"]
    size, scan = good.index(b"\xff\xc0"), good.index(b"\xff\xda")
    tables, packing = good.index(b"\xff\xdb"), good.index(b"\xff\xc4")
    for fault, name, at, new in (
        ("missing chunk", "no size", size, b"\xff\xfe"), ("missing chunk", "no scan", scan, b"\xff\xfe"),
        ("missing chunk", "no table of steps", tables, b"\xff\xfe"),
        ("zero size", "height", size + 5, b"\0\0"), ("zero size", "width", size + 7, b"\0\0"),
        ("zero size", "channels", size + 9, b"\0"), ("zero size", "sampling", size + 11, b"\0"),
        ("impossible depth", "16 bits", size + 4, b"\x10"), ("impossible depth", "3 bits", size + 4, b"\3"),
        ("impossible depth", "5 channels", size + 9, b"\5"), ("impossible depth", "sampling", size + 11, b"\xff"),
        ("corrupted data", "a scan of no channel", scan + 4, b"\0"),
        ("corrupted data", "a segment of no length", size + 2, b"\0\0"),
        ("corrupted data", "a scan of another channel", scan + 5, b"\x77"),
        ("corrupted data", "more codes than there can be", packing + 5, b"\xff" * 16),
    ):  # fmt: skip
        yield Hostile(fault, f"JPEG, {name}", spoiled(good, at, new), BROKEN)
    for name, data in (
        ("start and end", b"\xff\xd8\xff\xd9"),
        ("start twice", b"\xff\xd8\xff\xd8"),
        ("start", b"\xff\xd8\xff"),
    ):
        yield Hostile("missing chunk", f"JPEG, {name}", data, BROKEN)


def others_broken() -> Iterator[Hostile]:
    plain, gif_head = rows(drawn(3)[..., 0], 24), gif((9, 9), palette=colours(2))[:-1]
    for bits in (0, 2, 3, 5, 7, 12, 64, 255):
        yield Hostile("impossible depth", f"BMP of {bits} bits", bmp(plain, (9, 9), bits), BROKEN)
    for packing in (3, 4, 5, 6, 9, 2**31):
        data = bmp(plain, (9, 9), 24, packing=packing)
        yield Hostile("corrupted data", f"BMP of packing {packing}", data, BROKEN)
    good = bmp(plain, (9, 9), 24)
    for name, at, new in (
        ("a header of 3 bytes", 14, b"\3\0\0\0"), ("a header of 77 bytes", 14, b"\x4d\0\0\0"),
        ("no header", 14, b"\0\0\0\0"), ("an endless header", 14, b"\xff\xff\xff\x7f"),
    ):  # fmt: skip
        yield Hostile("corrupted data", f"BMP, {name}", spoiled(good, at, new), BROKEN)
    yield Hostile("beyond the file", "BMP, pixels", spoiled(good, 10, struct.pack("<L", 10**6)), BROKEN)
    for width, height in ((0, 9), (9, 0), (0, 0)):
        yield Hostile("zero size", f"BMP {width} x {height}", bmp(plain, (width, height), 24), BROKEN)
    runs = bmp(b"\5\1\0\0", (9, 9), 8, palette=colours(8), packing=1)
    yield Hostile("corrupted data", "BMP, runs that end early", runs, BROKEN)
    yield Hostile("missing chunk", "GIF without a frame", gif_head + b";", BROKEN)
    yield Hostile("missing chunk", "GIF, a header alone", gif_head, BROKEN)
    yield Hostile("missing chunk", "GIF, a comment alone", gif_head + b"!\xfe\3abc\0;", BROKEN)
    lzw = frame(drawn(1, 2)[:9, :9, 0], 2)
    n = len(lzw) - len(codes(drawn(1, 2)[:9, :9, 0], 2))
    for bits in (13, 99, 255):
        yield Hostile(
            "impossible depth", f"GIF of {bits} bits", gif_head + spoiled(lzw, n, bytes([bits])) + b";", BROKEN
        )
    yield Hostile("zero size", "GIF", gif((0, 0), b",\0\0\0\0\0\0\0\0\0" + b"\2\2\x44\1\0", palette=colours(2)), BROKEN)
    for kind, marks in {
        "WEBP": (b"VP8 ", b"\x9d\x01\x2a"),
        "WEBP lossless": (b"VP8L",),
        "AVIF": (b"meta", b"iloc", b"pitm", b"iprp", b"av01", b"av1C", b"ispe"),
    }.items():
        data = sources()[kind]
        for mark in marks:
            changed = spoiled(data, data.index(mark), b"none"[: len(mark)])
            yield Hostile("missing chunk", f"{kind} without {mark!r}", changed, BROKEN)


def other_files() -> Iterator[Hostile]:
    made = {**other_kinds(), "weights": safetensors.numpy.save({"weight": np.zeros((3, 3), np.float32)})}
    for mark in (b"\x89", b"II", b"BM", b"GIF", b"RIFF", b"\xff\xd8"):
        made[f"{mark!r} alone"] = mark
    names = itertools.cycle(("cat.png", "cat.jpg", "cat.tif", "cat.webp", "cat.gif", "cat.bmp", "cat.avif", "cat.heic"))
    for what, data in made.items():
        yield Hostile("another kind of file", f"{what} as {next(names)}", data, NO_PICTURE)
    yield Hostile("another kind of file", "nothing", b"", ("is empty. ",))


def hostile_pictures() -> list[Hostile]:
    makers: tuple[Callable[[], Iterator[Hostile]], ...] = (
        cut_off, wrong_beginnings, claims_of_size, broken_pngs, broken_tiffs, broken_jpegs, others_broken, other_files,
    )  # fmt: skip
    return [one for make in makers for one in make()]
