"""The numbers in an ONNX file: each tensor is compared with the bytes that it claims before it is built.

A file may keep them in another file, whose name it says. No path of a file's own is ever followed: what is read is
what was given along, or what lies right beside it under a plain name.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ...errors import BadModelFile
from ...wording import quoted

# by the number of the type in the format: the type here, and the field that holds such numbers if not the raw bytes
_TYPES: dict[int, tuple[str, str]] = {
    1: ("<f4", "float_data"), 2: ("<u1", "int32_data"), 3: ("<i1", "int32_data"), 4: ("<u2", "int32_data"),
    5: ("<i2", "int32_data"), 6: ("<i4", "int32_data"), 7: ("<i8", "int64_data"), 9: ("|b1", "int32_data"),
    10: ("<f2", "int32_data"), 11: ("<f8", "double_data"), 12: ("<u4", "uint64_data"), 13: ("<u8", "uint64_data"),
    16: ("bfloat16", "int32_data"),
}  # fmt: skip
FLOATS = {1: "float32", 10: "float16", 11: "double", 16: "bfloat16"}
_OTHERS = {8: "text", 14: "complex numbers", 15: "complex numbers"}
_EXTERNAL = 1  # where a tensor says that its numbers are
_MAX_AXES = 16
_MAX_NUMBER = 2**63

Beside = Mapping[str, bytes]  # other files, by their plain names


class Store:
    """Where a file's numbers are: in it, in what was given along with it, or right beside it."""

    def __init__(self, path: Path | None, external: Beside, max_bytes: int) -> None:
        self._folder = None if path is None else path.parent
        self.external = external
        self._max_bytes = max_bytes
        self.kinds: set[str] = set()  # of fractions that were read
        self.n_numbers = 0  # that were read

    def tensor(self, claim: Any) -> torch.Tensor:
        """The tensor of a TensorProto, fractions as float32. Raises BadModelFile."""
        shape, kind = tuple(claim.dims), claim.data_type
        if claim.HasField("segment") or kind not in _TYPES:
            what = _OTHERS.get(kind, f"numbers of a kind that is not read ({kind})")
            raise BadModelFile(f"holds {what} in {quoted(claim.name)}")
        if len(shape) > _MAX_AXES or any(n < 0 for n in shape):
            raise BadModelFile(f"gives {quoted(claim.name)} a shape that no tensor has")
        name, field = _TYPES[kind]
        own = np.dtype("<u2" if name == "bfloat16" else name)
        n_bytes = math.prod(n or 1 for n in shape) * own.itemsize  # an empty tensor's other lengths count, too
        raw = self._elsewhere(claim, n_bytes) if claim.data_location == _EXTERNAL else claim.raw_data
        n = math.prod(shape)
        if raw or not n:
            if len(raw) != n * own.itemsize or n_bytes >= _MAX_NUMBER:
                raise BadModelFile(_lies(claim.name, shape))
            values = np.frombuffer(raw, own)
        else:
            listed = getattr(claim, field)
            if len(listed) != n:
                raise BadModelFile(_lies(claim.name, shape))
            values = _cast(listed, own)
        self.n_numbers += n
        if kind in FLOATS:
            self.kinds.add(FLOATS[kind])
        return _as_torch(values, name, shape)

    def _elsewhere(self, claim: Any, n_bytes: int) -> bytes:
        """The bytes of a tensor that lie in another file."""
        said = {entry.key: entry.value for entry in claim.external_data}
        location = said.get("location", "")
        name = location.removeprefix("./")
        if not name or name in (".", "..") or any(sign in name for sign in "/\\:\0"):
            raise BadModelFile(
                f"says that its weights are in {quoted(location)}, and only files right beside it are read. Export it "
                "again with torch.onnx.export(..., external_data=False)"
            )
        try:
            start, length = int(said.get("offset") or 0), int(said.get("length") or n_bytes)
        except ValueError:
            raise BadModelFile(_lies(claim.name, tuple(claim.dims))) from None
        if length != n_bytes or start < 0:
            raise BadModelFile(_lies(claim.name, tuple(claim.dims)))
        return self._read(name, start, length)

    def _read(self, name: str, start: int, length: int) -> bytes:
        if (given := self.external.get(name)) is not None:
            found = given[start : start + length]
        elif self._folder is not None and (path := self._folder / name).is_file():
            if path.stat().st_size > self._max_bytes:
                raise BadModelFile(
                    f"keeps its weights in {quoted(name)}, which has {path.stat().st_size >> 20:,} MB; "
                    f"{self._max_bytes >> 20:,} MB may be read"
                )
            with path.open("rb") as stream:
                stream.seek(start)
                found = stream.read(length)
        else:
            raise BadModelFile(
                f"keeps its weights in another file, {quoted(name)}. Give both together, or export it again with "
                "torch.onnx.export(..., external_data=False)"
            )
        if len(found) != length:
            raise BadModelFile(f"is damaged: {quoted(name)} ends before the weights that should be in it")
        return found


def _cast(listed: Any, own: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """Numbers that are listed one by one; those of 16 bits are listed by their bits."""
    if own.kind in "fb" and own.itemsize >= 4:
        return np.fromiter(listed, own, len(listed))
    wide = np.fromiter(listed, np.int64 if own.itemsize < 8 else own, len(listed))
    return wide.astype("<u2").view(own) if own.kind == "f" else wide.astype(own)


def _as_torch(values: np.ndarray[Any, Any], name: str, shape: tuple[int, ...]) -> torch.Tensor:
    """A tensor with memory of its own: float32, bool, or int64."""
    if name == "bfloat16":
        values = (values.astype(np.uint32) << 16).view(np.float32)
    elif values.dtype.kind == "f":
        values = values.astype(np.float32)
    elif values.dtype.kind == "b":
        values = values.view(np.uint8) != 0  # a truth value is 0 or 1, whatever a file says
    else:
        values = values.astype(np.int64)
    return torch.from_numpy(values).reshape(shape)


def _lies(name: str, shape: tuple[int, ...]) -> str:
    size = " × ".join(map(str, shape[:8]))
    return f"is damaged: {quoted(name)} should hold {size} numbers, and its bytes are others"
