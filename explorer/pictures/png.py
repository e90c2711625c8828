"""What Pillow does not show of a PNG: sixteen bits of colour, and an animation behind a picture in its place."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MAX_CHUNKS = 100_000
_ONLY_OF_THE_ANIMATION = (b"acTL", b"fcTL", b"fdAT", b"IDAT", b"IEND")


@dataclass(frozen=True)
class FirstFrame:
    """The first frame of an animation as a PNG of its own, and where on the canvas it lies."""

    data: bytes
    n_frames: int
    left: int
    top: int
    canvas: tuple[int, int]


def has_deep_colours(data: bytes) -> bool:
    """Whether there are 16 bits of more than one channel."""
    return data[:8] == SIGNATURE and data[24:25] == b"\x10" and data[25:26] in (b"\2", b"\4", b"\6")


def frame_behind(data: bytes) -> FirstFrame | None:
    """The first frame of an animation to which the picture before it does not belong; None in all other files.

    That picture is for programs that know no animation. Raises ValueError where the frame is damaged.
    """
    if data[:8] != SIGNATURE or b"acTL" not in data:
        return None
    kept: list[bytes] = []
    frame: list[bytes] = []
    found: dict[bytes, bytes] = {}  # the first chunk of those that are no metadata
    for kind, body in _chunks(data):
        if kind == b"fcTL" and (frame or b"IDAT" not in found):
            break  # the second frame begins; or the picture is a frame itself
        if kind == b"fdAT" and b"fcTL" in found:
            frame.append(body[4:])
        elif kind in _ONLY_OF_THE_ANIMATION:
            found.setdefault(kind, body)
        else:
            kept.append(_chunk(kind, body))
    control = found.get(b"fcTL", b"")
    if not (frame and len(control) == 26 and len(found.get(b"acTL", b"")) == 8 and data[12:16] == b"IHDR"):
        return None
    width, height, left, top = struct.unpack_from(">4L", control, 4)
    canvas = struct.unpack_from(">LL", data, 16)
    if left + width > canvas[0] or top + height > canvas[1]:
        return None  # no browser plays that, either
    header = _chunk(b"IHDR", struct.pack(">LL", width, height) + data[24:29])
    body = b"".join([header, *kept[1:], *(_chunk(b"IDAT", part) for part in frame), _chunk(b"IEND", b"")])
    n_frames = struct.unpack_from(">L", found[b"acTL"])[0]
    return FirstFrame(SIGNATURE + body, n_frames, left, top, canvas)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    for _ in range(_MAX_CHUNKS):
        if at + 12 > len(data):
            return
        n, kind = struct.unpack_from(">L4s", data, at)
        body = data[at + 8 : at + 8 + n]
        if kind == b"fdAT" and data[at + 8 + n : at + 12 + n] != struct.pack(">L", zlib.crc32(kind + body)):
            raise ValueError("truncated" if at + 12 + n > len(data) else "a chunk is not what its sum says")
        yield kind, body
        at += n + 12
    raise TimeoutError


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">L", len(body)) + kind + body + struct.pack(">L", zlib.crc32(kind + body))
