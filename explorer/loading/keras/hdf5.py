"""What an HDF5 file as Keras writes it holds: arrays by their path, and the few texts beside them.

It is read here, byte by byte, and not by the HDF5 library: that trusts what a file says, and a single changed byte can
keep it busy for ever. The form is the oldest one (HDF5 File Format Specification, superblock 0, symbol tables, object
headers of version 1), in which all versions of Keras write, and so much of it as they need: data sets in one piece, not
packed. What would lead out of the file (soft and external links, external storage, virtual data sets) is not followed.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from ...errors import BadModelFile
from ...wording import quoted
from .hdf5_values import Attributes, Header, Texts, read_shape, read_type
from .octets import DAMAGED, UNDEFINED, Octets

HDF5_START = b"\x89HDF\r\n\x1a\n"

Array = NDArray[np.float32]

_MOST_OBJECTS = 60_000  # the largest network of keras.applications has 10,000
_MOST_GROUPS_DEEP = 40
_SHAPE, _TYPE, _EXTERNAL, _LAYOUT, _FILTERS, _ATTRIBUTE, _CONTINUED, _TABLE = 0x1, 0x3, 0x7, 0x8, 0xB, 0xC, 0x10, 0x11
_NEW_GROUP = frozenset((0x2, 0x6))  # messages of links in later forms of the file
_OTHER_FORM = (
    "is HDF5 in another form than the one in which Keras writes. Load it in Keras, and save it again with "
    "model.save('model.keras')"
)


@dataclass(frozen=True, eq=False)
class Stored:
    """`arrays` by their path, read-only; `texts` by the path of their group, then by their own name."""

    arrays: Mapping[str, Array]
    texts: Mapping[str, Mapping[str, Texts]]

    def text(self, group: str, name: str) -> str:
        """The one text of that name; empty where there is none."""
        found = self.texts.get(group, {}).get(name, ())
        return found[0] if len(found) == 1 else ""

    def listed(self, group: str, name: str) -> Texts:
        """A list of texts, which Keras cuts into pieces (name0, name1, ...) where it is long."""
        texts = self.texts.get(group, {})
        if name in texts:
            return texts[name]
        pieces = itertools.takewhile(bool, (texts.get(f"{name}{i}", ()) for i in itertools.count()))
        return tuple(itertools.chain.from_iterable(pieces))


def read_hdf5(data: bytes | memoryview, is_wanted: Callable[[str], bool] = lambda path: True) -> Stored:
    """The arrays of floats, and the texts, whose path and whose groups' paths `is_wanted`.

    Arrays in single precision lie in `data` itself; all together they take no more than it, those in half precision
    twice as much. Raises BadModelFile with a fact about the file.
    """
    file = _File(Octets(data), is_wanted)
    file.read("", file.root(), 0)
    return Stored(MappingProxyType(file.arrays), MappingProxyType(file.texts))


class _File:
    def __init__(self, octets: Octets, is_wanted: Callable[[str], bool]) -> None:
        self.octets, self._is_wanted = octets, is_wanted
        self.arrays: dict[str, Array] = {}
        self.texts: dict[str, Mapping[str, Texts]] = {}
        self._attributes = Attributes(octets)
        self._room, self._n_objects = len(octets), 0

    def root(self) -> int:
        """Where the header of the root group lies."""
        if self.octets.data[:8] != HDF5_START:
            raise BadModelFile(DAMAGED)
        version, size_of_offsets, size_of_lengths = (self.octets.number("B", at) for at in (8, 13, 14))
        if version not in (0, 1) or (size_of_offsets, size_of_lengths) != (8, 8):
            raise BadModelFile(_OTHER_FORM)
        return self.octets.number("Q", 64 if version == 0 else 68)

    def read(self, path: str, start: int, depth: int) -> None:
        """An object and all that is in it."""
        self._n_objects += 1
        if depth > _MOST_GROUPS_DEEP or self._n_objects > _MOST_OBJECTS:
            raise BadModelFile("holds more objects, or deeper groups, than any network has")
        header = self._header(start)
        if table := header.first(_TABLE):
            self.texts[path] = dict(self._attributes.text(*place) for place in header.messages.get(_ATTRIBUTE, ()))
            for name, inside in self._entries(*self.octets.numbers("QQ", table[0])):
                below = f"{path}/{name}" if path else name
                if self._is_wanted(below):
                    self.read(below, inside, depth + 1)
        elif _NEW_GROUP & header.kinds:
            raise BadModelFile(_OTHER_FORM)
        elif _LAYOUT in header.kinds:
            self._array(path, header)

    def _header(self, start: int) -> Header:
        version, _, n_messages, _, length = self.octets.numbers("BBHII", start)
        if version != 1:
            raise BadModelFile(_OTHER_FORM if self.octets.mark(start) == b"OHDR" else DAMAGED)
        messages: dict[int, list[tuple[int, int]]] = {}
        blocks = [(start + 16, length)]
        for at, length in blocks:  # which grow while they are read
            end = at + length
            while at + 8 <= end and n_messages:
                kind, size, _ = self.octets.numbers("HHB", at)
                messages.setdefault(kind, []).append((at + 8, size))
                if kind == _CONTINUED:
                    continued, length = self.octets.numbers("QQ", at + 8)
                    blocks.append((continued, length))
                at += 8 + size
                n_messages -= 1
        return Header(messages)

    def _entries(self, tree: int, heap: int) -> Iterator[tuple[str, int]]:
        """The names in a group, and where the headers of what they name lie."""
        if self.octets.mark(heap) != b"HEAP":
            raise BadModelFile(DAMAGED)
        size, _, names = self.octets.numbers("QQQ", heap + 8)
        for table in self._tables(tree, 0):
            if self.octets.mark(table) != b"SNOD":
                raise BadModelFile(DAMAGED)
            for i in range(self.octets.number("H", table + 6)):
                name, header, cached = self.octets.numbers("QQI", table + 8 + 40 * i)
                found = self.octets.text_until_zero(names + name, names + size)
                if cached == 2 or header == UNDEFINED:
                    raise BadModelFile(f"points from {quoted(found)} to another place, which is never followed")
                yield found, header

    def _tables(self, node: int, depth: int) -> Iterator[int]:
        if self.octets.mark(node) != b"TREE" or depth > 8:
            raise BadModelFile(DAMAGED)
        kind, level, n = self.octets.numbers("BBH", node + 4)
        if kind:
            raise BadModelFile(DAMAGED)
        for i in range(n):
            child = self.octets.number("Q", node + 32 + 16 * i)
            if level:
                yield from self._tables(child, depth + 1)
            else:
                yield child

    def _array(self, path: str, header: Header) -> None:
        shape_at, type_at, layout = header.first(_SHAPE), header.first(_TYPE), header.first(_LAYOUT)
        if shape_at is None or type_at is None or layout is None:
            raise BadModelFile(DAMAGED)
        kind, shape = read_type(self.octets, type_at[0]), read_shape(self.octets, shape_at[0])
        if kind.dtype is None or shape is None:
            return  # counters, seeds
        version, form = self.octets.numbers("BB", layout[0])
        if {_EXTERNAL, _FILTERS} & header.kinds or version != 3 or form not in (0, 1):
            raise BadModelFile(f"keeps {quoted(path)} packed, in pieces or in another file, which Keras never does")
        n_bytes = math.prod(shape) * kind.size
        if form == 0:
            start, length = layout[0] + 4, self.octets.number("H", layout[0] + 2)
        else:
            start, length = self.octets.numbers("QQ", layout[0] + 2)
        self._room -= n_bytes
        if n_bytes > length or self._room < 0:
            raise BadModelFile("claims more values than it holds")
        raw = self.octets.part(start, n_bytes) if n_bytes else b""
        values = np.frombuffer(raw, kind.dtype).reshape(shape).astype(np.float32, copy=False)
        values.flags.writeable = False
        self.arrays[path] = values
