"""A file's bytes, read with every length checked."""

from __future__ import annotations

import struct
from functools import cache

from ...errors import BadModelFile

DAMAGED = "is damaged, or cut off"
UNDEFINED = (1 << 64) - 1  # HDF5's address of what was never written

_MOST_STEPS = 1_500_000  # pieces to be read; a network of a thousand layers takes 100,000


class Octets:
    """`data` and how often it may still be asked: what leads in a circle ends there."""

    def __init__(self, data: bytes | memoryview) -> None:
        self.data = memoryview(data)
        self._steps = _MOST_STEPS

    def __len__(self) -> int:
        return len(self.data)

    def part(self, start: int, length: int) -> memoryview:
        """That many bytes from there on. Raises BadModelFile where the file ends before, or was asked too often."""
        self._steps -= 1
        if not (0 <= start <= start + length <= len(self.data)) or self._steps < 0:
            raise BadModelFile(DAMAGED)
        return self.data[start : start + length]

    def mark(self, start: int) -> bytes:
        """The four letters with which a structure begins."""
        return bytes(self.part(start, 4))

    def numbers(self, form: str, start: int) -> tuple[int, ...]:
        """Whole numbers in the little-endian form that `struct` calls so."""
        layout = _struct(f"<{form}")
        return layout.unpack(self.part(start, layout.size))

    def number(self, form: str, start: int) -> int:
        return self.numbers(form, start)[0]

    def text_until_zero(self, start: int, end: int) -> str:
        """A name in a table of names that ends at `end`."""
        found = bytes(self.part(start, min(end - start, 1024)))
        if b"\0" not in found:
            raise BadModelFile(DAMAGED)
        return as_text(found.partition(b"\0")[0])


_struct = cache(struct.Struct)


def as_text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        raise BadModelFile(DAMAGED) from None
