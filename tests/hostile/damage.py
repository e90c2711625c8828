"""Files of which the rest may be shown, or which are refused: both are right, and nothing else is."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import numpy as np

from tests.hostile.bmp_files import bmp, rows
from tests.hostile.faults import sources, spoiled
from tests.hostile.gif_files import colours, frame, gif
from tests.hostile.photographs import exif
from tests.hostile.png_files import png_of
from tests.hostile.sample import Either, drawn
from tests.picture_files import chunk, png, tiff

N_FLIPS = 12  # files of each kind


def flipped() -> Iterator[Either]:
    """One to five bytes are others, half of the files in their first hundred bytes alone."""
    for number, (kind, data) in enumerate(sources().items()):
        rng = np.random.default_rng(number)
        for turn in range(N_FLIPS):
            damaged = bytearray(data)
            for at in rng.integers(0, len(data) if turn % 2 else 100, rng.integers(1, 6)):
                damaged[at] = rng.integers(0, 256)
            yield Either("other bytes", f"{kind} {turn}", bytes(damaged))


def without_their_end() -> Iterator[Either]:
    for kind, data in sources().items():
        for n in (1, 2, 12, len(data) // 50):
            yield Either("last bytes missing", f"{kind} without {n}", data[:-n])


def bytes_left_out_or_put_in() -> Iterator[Either]:
    for number, (kind, data) in enumerate(sources().items()):
        at = int(np.random.default_rng(number).integers(20, len(data)))
        yield Either("moved bytes", f"{kind} without byte {at}", data[:at] + data[at + 1 :])
        yield Either("moved bytes", f"{kind}, one more at {at}", data[:at] + b"\0" + data[at:])


def odd_pngs() -> Iterator[Either]:
    good, packed, indices = png_of(drawn(3), 2, 8), zlib.compress(bytes(9 * 28)), zlib.compress(b"\0abcdefghi" * 9)
    one_frame = chunk(b"acTL", struct.pack(">LL", 1, 0))
    end = good.index(b"IEND") - 4
    for name, data in {
        "a wrong sum of the pixels": spoiled(good, end - 4, bytes([good[end - 4] ^ 1])),
        "no end": good[:end],
        "no palette": png(9, 9, data=zlib.compress(bytes(90)), colour=3),
        "a palette of one colour": png(9, 9, chunk(b"PLTE", b"\1\2\3"), data=indices, colour=3),
        "a palette of half a colour": png(9, 9, chunk(b"PLTE", b"\1\2\3\4"), data=zlib.compress(bytes(90)), colour=3),
        "another packing": spoiled(good, 26, b"\1"),
        "another filtering": spoiled(good, 27, b"\1"),
        "another interlacing": spoiled(good, 28, b"\2"),
        "two headers": good[:33] + good[8:33] + good[33:],
        "half of the rows": png(9, 9, data=zlib.compress(bytes(40))),
        "more pixels than there is room for": png(9, 9, data=zlib.compress(bytes(9999))),
        "a long list of opacities": png(9, 9, chunk(b"tRNS", bytes(999)), data=packed, colour=2),
        "an empty list of opacities": png(9, 9, chunk(b"tRNS", b""), data=packed, colour=2),
        "opacities beside opacity": png(9, 9, chunk(b"tRNS", bytes(6)), data=zlib.compress(bytes(9 * 37)), colour=6),
        "an animation of no frame": good[:33] + chunk(b"acTL", bytes(8)) + good[33:],
        "an animation of many frames": good[:33] + chunk(b"acTL", b"\xff" * 8) + good[33:],
        "an animation that lies": good[:33] + chunk(b"acTL", struct.pack(">LL", 3, 0)) + good[33:],
        "a frame of no pixel": good[:33] + one_frame + chunk(b"fcTL", bytes(26)) + good[33:],
        "pixels of no frame": good[:end] + chunk(b"fdAT", bytes(9)) + good[end:],
        "broken EXIF": good[:33] + chunk(b"eXIf", b"II*\0\xff\xff\xff\xff") + good[33:],
        "EXIF in a ring": good[:33] + chunk(b"eXIf", exif(1)[6:-4] + b"\x08\0\0\0") + good[33:],
    }.items():  # fmt: skip
        yield Either("odd parts", f"PNG, {name}", data)


def odd_tiffs() -> Iterator[Either]:
    for start in (b"II\0*", b"MM*\0", b"II\0+"):
        yield Either("odd parts", f"TIFF that begins with {start!r}", start + tiff()[4:])
    for tag in (258, 259, 262, 277, 278, 279):
        yield Either("odd parts", f"TIFF without {tag}", tiff(without=tag))
        yield Either("odd parts", f"deep TIFF without {tag}", tiff((258, 3, 1, 16), (279, 4, 1, 32), without=tag))
    changes = (
        (262, 3), (262, 5), (262, 6), (262, 8), (277, 2), (277, 3), (277, 9), (284, 2), (284, 9), (266, 9), (338, 2),
        (274, 0), (274, 99), (254, 1), (279, 0), (279, 3), (278, 1), (278, 3), (317, 2), (317, 9), (339, 9), (322, 16),
        (259, 2), (259, 3), (259, 4), (259, 7), (259, 32773),
    )  # fmt: skip
    for tag, value in changes:
        for bits in (8, 16):
            data = tiff((258, 3, 1, bits), (279, 4, 1, 2 * bits), (tag, 3, 1, value))
            yield Either("odd parts", f"TIFF of {bits} bits where {tag} is {value}", data)
    for kind in (0, 2, 7, 12, 13, 16, 99):
        yield Either("odd parts", f"TIFF, a width of type {kind}", tiff((256, kind, 1, 4)))


def odd_others() -> Iterator[Either]:
    jpeg, plain = sources()["JPEG"], rows(drawn(3)[..., 0], 24)
    packing = jpeg.index(b"\xff\xc4")
    values, palette = drawn(1, 4)[..., 0], colours(4)
    for name, data in {
        "JPEG without a table of codes": spoiled(jpeg, packing, b"\xff\xfe"),
        "JPEG with broken EXIF": jpeg[:2] + b"\xff\xe1\0\x10Exif\0\0II*\0\xff\xff\xff\xff" + jpeg[2:],
        "JPEG with a broken profile": jpeg[:2] + b"\xff\xe2\0\x14ICC_PROFILE\0\1\2abcd" + jpeg[2:],
        "JPEG twice": jpeg + jpeg,
        "WEBP of zeros": sources()["WEBP"][:-900] + bytes(900),
        "WEBP of zeros, lossless": sources()["WEBP lossless"][:-900] + bytes(900),
        "AVIF of zeros": sources()["AVIF"][:-900] + bytes(900),
        "AVIF whose pixels have no name": sources()["AVIF"].replace(b"mdat", b"none"),
        "BMP, runs that end early": bmp(b"\5\1\0\0\0\1", (9, 9), 8, palette=colours(8), packing=1),
        "GIF, a frame outside": gif((9, 9), frame(values, 4, at=(500, 500)), palette=palette),
        "GIF, a frame larger than all": gif((9, 9), frame(values, 4), palette=palette),
        "GIF without a palette": gif((29, 23), frame(values, 4)),
        "GIF, a transparent colour that is none": gif((29, 23), frame(values, 4, transparent=200), palette=palette),
        "GIF, an unknown block": gif((29, 23), b"!\x77\3abc\0", frame(values, 4), palette=palette),
        "GIF, colours behind the palette": gif((29, 23), frame(values, 4), palette=colours(2)),
        "BMP of no packed colour": bmp(b"\0\1", (9, 9), 8, palette=colours(8), packing=1),
        "BMP of 5000 colours": bmp(plain, (9, 9), 8, palette=np.zeros((5000, 3), np.int64)),
        "BMP without its palette": bmp(plain, (9, 9), 8),
        "BMP that says it is short": spoiled(bmp(plain, (9, 9), 24), 2, b"\x10\0\0\0"),
        "BMP of many planes": spoiled(bmp(plain, (9, 9), 24), 26, b"\x09"),
    }.items():
        yield Either("odd parts", name, data)


def damaged_pictures() -> list[Either]:
    return [
        *flipped(), *without_their_end(), *bytes_left_out_or_put_in(), *odd_pngs(), *odd_tiffs(), *odd_others(),
    ]  # fmt: skip
