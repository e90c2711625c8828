"""What an object of an HDF5 file says of its values: their type, their shape, the values of its attributes.

The HDF5 File Format Specification, version 3.0, sections IV.A.2 (header messages) and III.E (the global heap).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...errors import BadModelFile
from .octets import DAMAGED, Octets, as_text

Texts = tuple[str, ...]

_MOST_TEXTS = 20_000  # in one attribute
_FLOAT, _STRING, _VARYING = 1, 3, 9  # classes of types
# size of a float -> where its bits are: offset, precision, exponent's place and size, mantissa's place and size, bias
_IEEE = {
    2: (0, 16, 10, 5, 0, 10, 15),
    4: (0, 32, 23, 8, 0, 23, 127),
    8: (0, 64, 52, 11, 0, 52, 1023),
}


@dataclass(frozen=True)
class Type:
    """Of one value: `size` in bytes, `dtype` if it is a usual floating-point number, `is_text` if it is a text, which
    `is_elsewhere` if it is of any length."""

    size: int
    dtype: np.dtype[np.floating] | None = None
    is_text: bool = False
    is_elsewhere: bool = False


def read_type(octets: Octets, start: int) -> Type:
    """Anything but floats and texts is a type without a name."""
    kind, low, _, _, size = octets.numbers("BBBBI", start)
    if kind & 15 == _FLOAT and size in _IEEE and not low & 0x40 and octets.numbers("HHBBBBI", start + 8) == _IEEE[size]:
        return Type(size, np.dtype(f"{'>' if low & 1 else '<'}f{size}"))
    if kind & 15 == _STRING:
        return Type(size, is_text=True)
    if kind & 15 == _VARYING and low & 15 == 1:
        return Type(16, is_text=True, is_elsewhere=True)
    return Type(size)


def read_shape(octets: Octets, start: int) -> tuple[int, ...] | None:
    """None of what holds nothing at all."""
    version, rank, _, form = octets.numbers("BBBB", start)
    if version not in (1, 2) or rank > 32:
        raise BadModelFile(DAMAGED)
    if version == 2 and form == 2:
        return None
    return octets.numbers(f"{rank}Q", start + (8 if version == 1 else 4))


class Attributes:
    """Reads the texts among them."""

    def __init__(self, octets: Octets) -> None:
        self._octets = octets
        self._heaps: dict[int, dict[int, tuple[int, int]]] = {}

    def text(self, start: int, length: int) -> tuple[str, Texts]:
        """The name of an attribute, whose message lies there, and what it says; nothing where it is no text."""
        octets = self._octets
        version, _, *sizes = octets.numbers("BBHHH", start)
        if version not in (1, 2, 3):
            raise BadModelFile(DAMAGED)
        places = [start + (9 if version == 3 else 8)]
        for size in sizes:  # of the name, the type, the shape
            places.append(places[-1] + (-(-size // 8) * 8 if version == 1 else size))
        name = octets.text_until_zero(places[0], places[0] + sizes[0])
        kind, shape = read_type(octets, places[1]), read_shape(octets, places[2])
        if not kind.is_text or shape is None or len(shape) > 1:
            return name, ()
        n = math.prod(shape)
        if n > _MOST_TEXTS or places[3] + n * kind.size > start + length:
            raise BadModelFile(DAMAGED)
        read = self._elsewhere if kind.is_elsewhere else self._here
        return name, tuple(read(places[3] + i * kind.size, kind.size) for i in range(n))

    def _here(self, start: int, size: int) -> str:
        return as_text(bytes(self._octets.part(start, size)).rstrip(b"\0 "))

    def _elsewhere(self, start: int, size: int) -> str:
        length, heap, index = self._octets.numbers("IQI", start)
        if not length:
            return ""
        if heap not in self._heaps:
            self._heaps[heap] = self._heap(heap)
        place, most = self._heaps[heap].get(index, (0, 0))
        if length > most:
            raise BadModelFile(DAMAGED)
        return as_text(bytes(self._octets.part(place, length)).rstrip(b"\0"))

    def _heap(self, start: int) -> dict[int, tuple[int, int]]:
        """Where the objects of a collection lie, and how long they are."""
        octets = self._octets
        if octets.mark(start) != b"GCOL":
            raise BadModelFile(DAMAGED)
        end = start + octets.number("Q", start + 8)
        found, at = {}, start + 16
        while at + 16 <= end:
            index, _, _, length = octets.numbers("HHIQ", at)
            if not index:  # what is left is free
                break
            found[index] = at + 16, length
            at += 16 + -(-length // 8) * 8
        return found


@dataclass(frozen=True)
class Header:
    """The messages of an object by their kind: where each one lies, and how long it is."""

    messages: dict[int, list[tuple[int, int]]]

    def first(self, kind: int) -> tuple[int, int] | None:
        return next(iter(self.messages.get(kind, ())), None)

    @cached_property
    def kinds(self) -> frozenset[int]:
        return frozenset(self.messages)
