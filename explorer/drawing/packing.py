"""Numbers as files for a browser."""

from __future__ import annotations

import zlib

import numpy as np

_GZIP = 16 + zlib.MAX_WBITS  # how zlib is told to write its header


def packed(values: np.ndarray) -> bytes:
    """An array row by row, with the lowest byte of each number first, packed by gzip."""
    return gzipped(np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<")).tobytes())


def gzipped(content: bytes) -> bytes:
    """Packed by gzip, with runs of one byte alone (zlib's Z_RLE). What else repeats itself in the bytes of numbers is
    chance: to look for it takes three times as long, and the files are no smaller."""
    writer = zlib.compressobj(1, zlib.DEFLATED, _GZIP, zlib.DEF_MEM_LEVEL, zlib.Z_RLE)
    return writer.compress(content) + writer.flush()
