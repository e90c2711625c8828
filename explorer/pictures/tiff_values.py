"""The values of a TIFF at their full depth, and all of its channels that are shown.

A TIFF keeps its pixels in strips or tiles, packed one by one. Pillow unpacks a few at a time, as if their bytes were
a grey picture; what the bytes mean is worked out here. So nothing is decoded before what the file claims is weighed.
"""

from __future__ import annotations

import io
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .refusal import Refused
from .tiff import PACKED, Directory, unreadable

_BATCH_BYTES = 2_000_000
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_LETTERS = {1: "u", 2: "i", 3: "f"}


@dataclass(frozen=True)
class _Segments:
    """How the pixels are laid out. A segment is a strip or a tile; `samples` are what it holds of each pixel."""

    width: int
    height: int
    across: int
    down: int
    n_planes: int
    samples: int
    row_bytes: int
    is_tiled: bool

    def rows(self, i: int, picture_height: int) -> int:
        """How many rows the i-th segment holds: the last strip ends with the picture, a tile never does."""
        return self.height if self.is_tiled else min(self.height, picture_height - i * self.height)


def read_values(data: bytes, directory: Directory, n_kept: int, most_bytes: float, deadline: float) -> NDArray[Any]:
    """The values (H, W, C) of the first `n_kept` channels.

    Raises Refused for more than `most_bytes` of memory, and for what is not read; ValueError for damage; TimeoutError
    when the thread's clock passes `deadline`.
    """
    dtype, parts = _number(directory), _layout(directory)
    width, height = directory.size
    by_row = directory.compression == 1 and not parts.is_tiled  # rows lie behind each other: each can be a strip
    n_piece = parts.row_bytes * (1 if by_row else parts.height)
    if width * height * n_kept * dtype.itemsize + 3 * max(_BATCH_BYTES, n_piece) > most_bytes:
        raise Refused(
            f"is {width} x {height} pixels of {n_kept * directory.bits[0]} bits, in pieces of {n_piece / 1e6:.0f} MB: "
            f"more than the {most_bytes / 1e6:.0f} MB that may be decoded. Make it smaller."
        )
    places = _places(directory, parts, len(data))
    if by_row:
        parts, places = _rows_of(parts, places, height, min(parts.n_planes, n_kept))
    values = np.empty((height, width, n_kept), dtype)
    n_plane, n_batch = parts.across * parts.down, max(1, _BATCH_BYTES // n_piece)
    for plane in range(min(parts.n_planes, n_kept)):
        for start in range(0, n_plane, n_batch):
            if time.thread_time() > deadline:
                raise TimeoutError
            numbers = range(start, min(start + n_batch, n_plane))
            pieces = [data[at : at + n] for at, n in (places[plane * n_plane + i] for i in numbers)]
            if directory.get(266, 1) == 2:
                pieces = [piece.translate(_REVERSED) for piece in pieces]
            rows = [parts.rows(i, height) for i in numbers]
            found = _numbers(_unpacked(pieces, rows, parts, directory.compression), directory, parts, dtype)
            kept = values if parts.n_planes == 1 else values[..., plane : plane + 1]
            _lay_out(found[..., : kept.shape[-1]], kept, parts, numbers)
    return values


def _number(directory: Directory) -> np.dtype[Any]:
    """What holds a value. Raises Refused for numbers, and for differences of numbers, that are not read."""
    bits, kind, predictor = directory.bits[0], directory.kind, directory.get(317, 1)
    whole = bits in (8, 16, 32, 64)
    possible = bits in (16, 32, 64) if kind == 3 else whole or (kind == 1 and 0 < bits < 32 and predictor == 1)
    if not (possible and kind in _LETTERS and set(directory.bits) == {bits} and directory.compression in PACKED):
        raise unreadable(directory)
    if predictor not in (1, 2, 3) or (predictor == 3 and kind != 3):
        raise ValueError(f"predictor {predictor}")
    return np.dtype(f"{_LETTERS[kind]}{next(n for n in (1, 2, 4, 8) if 8 * n >= bits)}")


def _lay_out(found: NDArray[Any], values: NDArray[Any], parts: _Segments, numbers: range) -> None:
    """Segments, one below the other, to where they belong."""
    at = 0
    for i in numbers:
        y, x = i // parts.across * parts.height, i % parts.across * parts.width
        place = values[y : y + parts.height, x : x + parts.width]
        place[...] = found[at : at + place.shape[0], : place.shape[1]]
        at += parts.rows(i, len(values))


def _layout(directory: Directory) -> _Segments:
    width, height = directory.size
    tiled = 322 in directory.tags
    columns = directory.get(322) if tiled else width
    rows = directory.get(323) if tiled else min(directory.get(278, height), height)
    if min(width, height, columns, rows) < 1:
        raise ValueError("a picture, or a piece of it, without pixels")
    separate = directory.get(284, 1) == 2
    samples = 1 if separate else directory.channels
    row_bytes = -(-columns * samples * directory.bits[0] // 8)
    n_planes = directory.channels if separate else 1
    return _Segments(columns, rows, -(-width // columns), -(-height // rows), n_planes, samples, row_bytes, tiled)


def _places(directory: Directory, parts: _Segments, n_data: int) -> list[tuple[int, int]]:
    """(start, number of bytes) of each segment. Raises ValueError where one is not in the file."""
    offsets, counts = (
        directory.tags.get(tag, ()) for tag in ((324, 325) if 324 in directory.tags else (273, 279))
    )  # tiles, else strips
    n, height = parts.across * parts.down * parts.n_planes, directory.size[1]
    if len(offsets) < n or (len(counts) < n and (counts or directory.compression != 1)):
        raise ValueError("truncated: strips or tiles are missing")
    whole = [parts.row_bytes * parts.rows(i, height) for i in range(parts.across * parts.down)] * parts.n_planes
    counts = counts or whole
    places = list(zip(offsets[:n], counts[:n], strict=True))
    if any(at + length > n_data for at, length in places):
        raise ValueError("truncated: a strip or tile ends behind the file")
    if directory.compression == 1 and any(length < full for (_, length), full in zip(places, whole, strict=True)):
        raise ValueError("truncated: a strip or tile is too short")
    return places


def _rows_of(
    parts: _Segments, places: Sequence[tuple[int, int]], picture_height: int, n_planes: int
) -> tuple[_Segments, list[tuple[int, int]]]:
    """Strips that are not packed, each as strips of one row."""
    rows = [
        (places[plane * parts.down + y // parts.height][0] + y % parts.height * parts.row_bytes, parts.row_bytes)
        for plane in range(n_planes)
        for y in range(picture_height)
    ]
    return replace(parts, height=1, down=picture_height), rows


def _unpacked(pieces: Sequence[bytes], rows: Sequence[int], parts: _Segments, compression: int) -> NDArray[np.uint8]:
    """The bytes (rows, bytes of a row) of segments, one below the other."""
    n_rows = sum(rows)
    if compression == 1:
        data = b"".join(piece[: n * parts.row_bytes] for piece, n in zip(pieces, rows, strict=True))
        return np.frombuffer(data, np.uint8).reshape(n_rows, parts.row_bytes)
    n, ends = len(pieces), np.cumsum([8, *map(len, pieces)]).tolist()
    tags = [
        (256, 4, 1, parts.row_bytes), (257, 4, 1, n_rows), (258, 3, 1, 8), (259, 3, 1, compression), (262, 3, 1, 1),
        (273, 4, n, ends[0] if n == 1 else ends[-1]), (277, 3, 1, 1), (278, 4, 1, parts.height),
        (279, 4, n, len(pieces[0]) if n == 1 else ends[-1] + 4 * n),
    ]  # fmt: skip
    directory = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHLL", *tag) for tag in tags) + b"\0" * 4
    lists = struct.pack(f"<{2 * n}L", *ends[:-1], *map(len, pieces)) if n > 1 else b""
    file = b"".join([b"II*\0", struct.pack("<L", ends[-1] + len(lists)), *pieces, lists, directory])
    with Image.open(io.BytesIO(file), formats=["TIFF"]) as picture:
        return np.asarray(picture)


def _numbers(packed: NDArray[np.uint8], directory: Directory, parts: _Segments, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Bytes (rows, bytes of a row) to values (rows, width of a segment, samples)."""
    shape, bits = (len(packed), parts.width, parts.samples), directory.bits[0]
    if bits not in (8, 16, 32, 64):
        return _of_odd_bits(packed, parts.width * parts.samples, bits, dtype).reshape(shape)
    predictor = directory.get(317, 1) if directory.compression != 1 else 1
    if predictor == 3:  # differences of bytes, the first bytes of all values first
        sums = packed.reshape(len(packed), -1, parts.samples).cumsum(axis=1, dtype=np.uint8)
        planes = sums.reshape(len(packed), bits // 8, -1).swapaxes(1, 2)
        return np.ascontiguousarray(planes).view(dtype.newbyteorder(">")).astype(dtype).reshape(shape)
    whole = np.dtype(f"{directory.order}u{bits // 8}")
    values = np.ascontiguousarray(packed).view(whole).astype(whole.newbyteorder("="), copy=False).reshape(shape)
    if predictor == 2:  # differences from the pixel on the left
        values = values.cumsum(axis=1, dtype=values.dtype)
    return values.view(dtype)


def _of_odd_bits(packed: NDArray[np.uint8], n: int, bits: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """`n` values of so many bits from each row; a row begins with a byte, and the first bit is the highest."""
    values = np.zeros((len(packed), n), dtype)
    step = max(1, 1_000_000 // packed.shape[1])
    for y in range(0, len(packed), step):
        single = np.unpackbits(packed[y : y + step], axis=1)[:, : n * bits].reshape(-1, n, bits)
        for bit in range(bits):
            values[y : y + step] = (values[y : y + step] << 1) | single[..., bit]
    return values
