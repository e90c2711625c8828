"""What a TIFF says of itself: its first directory, and whether Pillow reads the picture right, this project, or nobody.

A directory is read by struct, before any decoder sees the file: Pillow takes 16-bit colours for 8-bit ones, drops
channels, and shows a camera's thumbnail for the picture.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..wording import plural
from .refusal import Refused

HEADERS = b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"II\0*", b"MM*\0"  # the last two are wrong, and Pillow takes them
MAX_TAG_VALUES = 500_000  # Pillow makes a Python object of each number in a tag
_MAX_ENTRIES, _MAX_TAG_BYTES, _MAX_DIRECTORIES = 65_535, 4_000_000, 10_000

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_DESCRIPTION, _CHANNELS, _PLANAR, _SUB_DIRECTORIES, _EXTRA, _FORMAT = 270, 277, 284, 330, 338, 339
_STRIPS, _TILES, _OLD_JPEG = 273, 324, 6
_EXIF, _GPS, _INTEROPERABILITY = 34665, 34853, 40965
_DNG_VERSION = 50706

_READ = frozenset((
    256, 257, 258, 259, 262, 266, 270, 273, 274, 277, 278, 279, 280, 281, 284, 317, 322, 323, 324, 325, 330, 338, 339,
    340, 341, 34675, 42113, 50706,
))  # fmt: skip

_TYPES = {1: "B", 3: "H", 4: "L", 6: "b", 8: "h", 9: "l", 11: "f", 12: "d", 13: "L", 16: "Q", 17: "q", 18: "Q"}
_ORIGINALS = 34892, 32803  # photometric of what a sensor saw: linear, and one colour a pixel
_KINDS = {
    0: "grey", 1: "grey", 2: "colours", 3: "palette", 4: "mask", 5: "CMYK", 6: "YCbCr", 8: "LAB", 9: "LAB",
    10: "LAB", 32844: "LogL", 32845: "LogLuv",
}  # fmt: skip
PACKED = {1: "none", 5: "LZW", 8: "deflate", 32946: "deflate", 32773: "PackBits", 34925: "LZMA", 50000: "Zstandard"}
_OTHER_CODECS = {
    6: "JPEG (of the old kind)", 7: "JPEG", 33003: "JPEG 2000", 33004: "JPEG 2000", 33005: "JPEG 2000",
    34712: "JPEG 2000", 34887: "LERC", 34892: "lossy JPEG", 50001: "WebP", 50002: "JPEG XL", 52546: "JPEG XL",
}  # fmt: skip
_CODECS = {*PACKED, 2, 3, 4, 6, 7, 32771}
_SAMPLES = {1: "", 2: "signed ", 3: "floating-point ", 4: "", 5: "complex ", 6: "complex "}


@dataclass(frozen=True)
class Directory:
    """The tags of one picture, each a tuple of numbers or bytes, and the order of bytes, "<" or ">"."""

    order: str
    tags: dict[int, Any]
    is_big: bool = False  # a BigTIFF
    is_cut: bool = False  # where the values of a tag lie behind the end of the file

    def get(self, tag: int, default: int = 0) -> Any:
        """The first number of a tag."""
        found = self.tags.get(tag)
        return found[0] if found and not isinstance(found, bytes) else default

    def text(self, tag: int) -> str:
        found = self.tags.get(tag, b"")
        return found.split(b"\0")[0].decode("utf-8", "replace") if isinstance(found, bytes) else ""

    @property
    def size(self) -> tuple[int, int]:
        """(width, height)"""
        return self.get(_WIDTH), self.get(_HEIGHT)

    @property
    def channels(self) -> int:
        return self.get(_CHANNELS, 1)

    @property
    def bits(self) -> tuple[int, ...]:
        """The depth of each channel."""
        bits = self.tags.get(_BITS) or (1,)
        return bits if len(bits) == self.channels else (bits[0],) * min(self.channels, MAX_TAG_VALUES)

    @property
    def kind(self) -> int:
        """1 unsigned, 2 signed, 3 floating point, 5 and 6 complex."""
        return {4: 1}.get(found := self.get(_FORMAT, 1), found)

    @property
    def photometric(self) -> int:
        return self.get(_PHOTOMETRIC, 1)

    @property
    def compression(self) -> int:
        return self.get(_COMPRESSION, 1)

    @property
    def n_colours(self) -> int:
        return 3 if self.photometric == 2 else 1

    @property
    def alpha(self) -> int:
        """1 where opacity lies behind the colours, multiplied into them; 2 where it is not; 0 without it."""
        return self.get(_EXTRA) if self.get(_EXTRA) in (1, 2) and self.channels > self.n_colours else 0

    @property
    def is_deep(self) -> bool:
        """Whether a level of it is more than eight bits, or less plain than that."""
        return self.kind != 1 or max(self.bits) > 8

    @property
    def is_for_pillow(self) -> bool:
        """Whether Pillow shows it as it is: eight bits or fewer, no channel too many, and opacity beside the colours
        of each pixel, not multiplied into them."""
        if self.photometric not in (0, 1, 2) or self.compression not in PACKED:
            return True
        usual = self.channels == self.n_colours + bool(self.alpha)
        plain = not self.alpha or (self.alpha == 2 and self.get(_PLANAR, 1) == 1)
        return not self.is_deep and usual and plain and not self.is_reversed

    @property
    def is_reversed(self) -> bool:
        """Whether it is a BigTIFF of which the highest byte comes first, which Pillow does not read."""
        return self.is_big and self.order == ">"

    def described(self) -> str:
        """What is unusual in it, for a sentence: "16-bit LAB, 5 channels and JPEG 2000 inside"."""
        kind = _KINDS.get(self.photometric, f"pixels of kind {self.photometric}")
        words = [f"{max(self.bits)}-bit {_SAMPLES.get(self.kind, '')}{kind}"]
        if self.channels > 1:
            words += [plural(self.channels, "channel")]
        if self.compression not in PACKED:
            words += [_OTHER_CODECS.get(self.compression, f"compression {self.compression}") + " inside"]
        return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def is_tiff(data: bytes) -> bool:
    return data[:4] in HEADERS


def check_tags(data: bytes) -> None:
    """Raises MemoryError where a TIFF, or EXIF data, claims absurdly many numbers in one tag, and ValueError where its
    tags are not in it."""
    starts = [_first(data)] if is_tiff(data) else []
    if starts and starts[0] >= len(data):
        raise ValueError("truncated: the directory lies behind the end")
    for start in starts:  # grows: the first directory points to those of EXIF, GPS and interoperability
        if len(starts) > 9:
            break
        for tag, kind, count, at in _entries(data, start):
            if count > MAX_TAG_VALUES and kind not in (1, 2, 6, 7):  # bytes and text stay one object
                raise MemoryError(f"{count} numbers in tag {tag}")
            if tag in (_EXIF, _GPS, _INTEROPERABILITY):
                starts.append(struct.unpack_from(_format(data)[2], data, at)[0])


def read_directory(data: bytes) -> Directory:
    """The first picture of a TIFF that has passed `check_tags`.

    Raises Refused where it is none that can be shown, ValueError where no pixels are in it.
    """
    directory = _directory(data, _first(data))
    below = [_directory(data, at) for at in directory.tags.get(_SUB_DIRECTORIES, ())[:20] if isinstance(at, int)]
    photometric = {one.photometric for one in (directory, *below)}
    if _DNG_VERSION in directory.tags or data[8:10] == b"CR" or photometric & {*_ORIGINALS}:
        raise Refused(
            "is a camera raw file: what the sensor saw, from which a picture is still to be developed. Develop it "
            "with the camera's program or a photo editor, and save it as JPEG or PNG."
        )
    if directory.photometric not in _KINDS or directory.compression not in _CODECS:
        raise unreadable(directory)
    if min(directory.size) < 1 or not (directory.tags.keys() & {_STRIPS, _TILES} or directory.compression == _OLD_JPEG):
        raise ValueError("a picture without pixels")
    return directory


def unreadable(directory: Directory) -> Refused:
    return Refused(f"is a TIFF with {directory.described()}, which is not read. Save it as PNG or JPEG.")


def n_pictures(data: bytes) -> int:
    """How many directories follow each other."""
    order, counter, pointer, entry = _format(data)
    at, seen = _first(data), set[int]()
    while at and at not in seen and len(seen) < _MAX_DIRECTORIES and at + struct.calcsize(order + counter) <= len(data):
        seen.add(at)
        n = struct.unpack_from(order + counter, data, at)[0]
        at += struct.calcsize(order + counter) + n * struct.calcsize(entry)
        at = struct.unpack_from(pointer, data, at)[0] if at + struct.calcsize(pointer) <= len(data) else 0
    return len(seen)


def _format(data: bytes) -> tuple[str, str, str, str]:
    """The order of bytes; how a count of entries, a pointer and an entry up to its value are written."""
    order, big = "<" if data[:1] == b"I" else ">", data[2:4] in (b"+\0", b"\0+")
    return (order, "Q", order + "Q", order + "HHQQ") if big else (order, "H", order + "L", order + "HHLL")


def _first(data: bytes) -> int:
    pointer = _format(data)[2]
    at = struct.calcsize(pointer)  # 4, or 8 in a BigTIFF
    return struct.unpack_from(pointer, data, at)[0] if len(data) >= 2 * at else len(data)


def _entries(data: bytes, start: int) -> Iterator[tuple[int, int, int, int]]:
    """(tag, type, count, where its value or the pointer to it lies) of one directory, as far as the data go."""
    order, counter, pointer, entry = _format(data)
    first, step = start + struct.calcsize(order + counter), struct.calcsize(entry)
    if first > len(data):
        return
    n = struct.unpack_from(order + counter, data, start)[0]
    if n > _MAX_ENTRIES:
        raise MemoryError(f"{n} tags")
    for at in range(first, min(first + n * step, len(data) - step + 1), step):
        tag, kind, count, _ = struct.unpack_from(entry, data, at)
        yield tag, kind, count, at + step - struct.calcsize(pointer)


def _directory(data: bytes, start: int) -> Directory:
    order, pointer = _format(data)[0], _format(data)[2]
    tags: dict[int, Any] = {}
    is_cut = False
    for tag, kind, count, at in _entries(data, start):
        n_bytes = count * struct.calcsize(order + _TYPES.get(kind, "B"))
        if tag not in _READ or tag in tags or n_bytes > _MAX_TAG_BYTES:
            continue
        if n_bytes > struct.calcsize(pointer):
            at = struct.unpack_from(pointer, data, at)[0]
        if at + n_bytes > len(data):
            is_cut = True  # a tag of which the end is missing is none; what needs it will say so
            continue
        if kind in (2, 7):
            tags[tag] = data[at : at + n_bytes]
        elif kind in _TYPES and count <= MAX_TAG_VALUES:
            tags[tag] = struct.unpack_from(f"{order}{count}{_TYPES[kind]}", data, at)
    return Directory(order, tags, pointer.endswith("Q"), is_cut)
