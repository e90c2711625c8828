"""What becomes of right files: bytes are changed, cut, doubled, taken from other files."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis import strategies as st

Edit = Callable[[bytes], bytes]

_PLACES = st.integers(0, (1 << 20) - 1)  # of a file, whatever its length: a share of it
_LENGTHS = st.one_of(st.integers(1, 8), st.integers(1, 4096))
# numbers at which counts, sizes and offsets go wrong, as files write them
_NUMBERS = st.builds(
    lambda value, size, order: (value % (1 << 8 * size)).to_bytes(size, order),
    st.sampled_from([0, 1, -1, 2**7, 2**15, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, -(2**63), 10**9]),
    st.sampled_from([1, 2, 4, 8]), st.sampled_from(["little", "big"]),
)  # fmt: skip


def _at(data: bytes, place: int) -> int:
    return place * (len(data) + 1) >> 20


def _put(place: int, new: bytes) -> Edit:
    return lambda data: data[: (at := _at(data, place))] + new + data[at + len(new) :]


def _insert(place: int, new: bytes) -> Edit:
    return lambda data: data[: (at := _at(data, place))] + new + data[at:]


def _cut(place: int, length: int) -> Edit:
    return lambda data: data[: (at := _at(data, place))] + data[at + length :]


def _end(place: int) -> Edit:
    return lambda data: data[: _at(data, place)]


def _double(place: int, length: int) -> Edit:
    return lambda data: data[: (at := _at(data, place)) + length] + data[at:]


def _flip(place: int, bit: int) -> Edit:
    def edit(data: bytes) -> bytes:
        at = min(_at(data, place), len(data) - 1)
        return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :] if data else data

    return edit


def _splice(place: int, other: bytes, there: int) -> Edit:
    return lambda data: data[: _at(data, place)] + other[_at(other, there) :]


def edits(files: Sequence[bytes]) -> st.SearchStrategy[Edit]:
    """One change of a file."""
    short = st.binary(min_size=1, max_size=16)
    return st.one_of(
        st.builds(_flip, _PLACES, st.integers(0, 7)),
        st.builds(_put, _PLACES, st.one_of(_NUMBERS, short)),
        st.builds(_insert, _PLACES, short),
        st.builds(_cut, _PLACES, _LENGTHS),
        st.builds(_double, _PLACES, _LENGTHS),
        st.builds(_end, _PLACES),
        st.builds(_splice, _PLACES, st.sampled_from(files), _PLACES),
    )


def damaged(files: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """One of the files with a few changes; or bytes without any sense, alone or behind the beginning of a file."""

    def changed(data: bytes, changes: list[Edit]) -> bytes:
        for change in changes:
            data = change(data)
        return data

    of_files = st.sampled_from(files)
    return st.one_of(
        st.builds(changed, of_files, st.lists(edits(files), min_size=1, max_size=6)),
        st.builds(lambda data, rest: data[:16] + rest, of_files, st.binary(max_size=200)),
        st.binary(max_size=200),
    )


def reworded(texts: Sequence[str]) -> st.SearchStrategy[str]:
    """Words as somebody might type them or put them into a link: with parts missing, doubled and mixed, or any."""
    pieces = sorted({text[:n] for text in texts for n in range(len(text) + 1)} | {*" ,;:=-+.eE0123456789\n\t\0é−∞💥"})
    mixed = st.lists(st.sampled_from(pieces), max_size=8).map("".join)
    return st.one_of(mixed, st.text(max_size=40), st.builds(lambda text, n: text * n, mixed, st.integers(1, 50)))
