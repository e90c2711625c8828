"""Whether a file of safetensors is all there, by what it says of itself."""

from __future__ import annotations

import io
import json
from typing import BinaryIO

_MAX_HEADER = 4 << 20  # bytes; of a longer list of tensors no file of weights is read here


def is_whole(file: BinaryIO) -> bool:
    """Whether the tensors that the file lists lie in it one behind the other, from its header to its last byte.

    A file that was cut off, or another one in its place, is none; changed numbers are not seen.
    """
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    length = int.from_bytes(file.read(8), "little")
    if size < 8 or not 2 <= length <= min(size - 8, _MAX_HEADER):
        return False
    try:
        header = json.loads(file.read(length))
        spans = sorted(tuple(entry["data_offsets"]) for name, entry in header.items() if name != "__metadata__")
    except (ValueError, RecursionError, TypeError, KeyError, AttributeError):
        return False
    at = 0
    for span in spans:
        if len(span) != 2 or not all(type(end) is int for end in span) or span[0] != at or span[1] < at:
            return False
        at = span[1]
    return bool(spans) and 8 + length + at == size
