"""What a pickle of tensors claims, spelled out instruction by instruction without building or running any of it.

Lists, dicts, numbers and names are what they are, a tensor is a `Claim` that has been held against the storage it asks
for, and anything else is refused: a BadCheckpoint whose text says only what is wrong ("holds complex numbers").
"""

from __future__ import annotations

import io
import math
import pickletools
from dataclasses import dataclass

from ..errors import BadCheckpoint

_MAX_INSTRUCTIONS = 500_000  # resnet152 needs 33,000
_ITEM_SIZES = {"Float": 4, "Half": 2, "BFloat16": 2, "Double": 8, "Long": 8, "Int": 4, "Short": 2, "Char": 1, "Byte": 1,
               "Bool": 1}  # fmt: skip
_CALLS = {"collections OrderedDict"} | {
    f"torch._utils {name}" for name in ("_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_parameter")
}
_REFUSED = {"Complex": "complex numbers", "QInt": "quantised weights", "QUInt": "quantised weights",
            "_rebuild_sparse_tensor": "sparse tensors", "_rebuild_qtensor": "quantised weights"}  # fmt: skip


@dataclass(frozen=True)
class Storage:
    """A run of numbers in the file, as claimed."""

    key: str
    n_items: int
    item_size: int

    @property
    def n_bytes(self) -> int:
        return self.n_items * self.item_size


@dataclass(frozen=True)
class Claim:
    """A tensor that fits its storage."""

    storage: Storage
    n_values: int

    @property
    def n_bytes(self) -> int:
        return self.n_values * self.storage.item_size


@dataclass(frozen=True)
class _Name:
    """A class or function that the pickle mentions: never looked up."""

    text: str  # "module name"


class Pickle:
    """One pickle, executed on stand-ins: lists and dicts are real, tensors are Claims, everything else is refused."""

    def __init__(self, stream: io.BytesIO) -> None:
        self.storages: dict[str, Storage] = {}
        self._stream = stream

    def read(self) -> object:  # noqa: C901  # one branch for each instruction
        """What the pickle describes. Any malformed pickle ends in some exception, never in anything being run."""
        stack: list[object] = []
        marked: list[list[object]] = []
        memo: dict[object, object] = {}
        for count, (code, value, _) in enumerate(pickletools.genops(self._stream)):
            if count == _MAX_INSTRUCTIONS:
                raise BadCheckpoint("holds far more than weights")
            match code.name:
                case "PROTO" if value == 2:
                    pass
                case "STOP":
                    return stack.pop()
                case "MARK":
                    marked.append(stack)
                    stack = []
                case "BINUNICODE" | "SHORT_BINSTRING" | "BININT" | "BININT1" | "BININT2" | "LONG1" | "BINFLOAT":
                    stack.append(value)
                case "NONE" | "NEWTRUE" | "NEWFALSE":
                    stack.append({"NONE": None, "NEWTRUE": True, "NEWFALSE": False}[code.name])
                case "EMPTY_TUPLE" | "EMPTY_LIST" | "EMPTY_DICT":
                    stack.append({"EMPTY_TUPLE": (), "EMPTY_LIST": [], "EMPTY_DICT": {}}[code.name])
                case "TUPLE" | "APPENDS" | "SETITEMS":
                    items, stack = stack, marked.pop()
                    _add(code.name, stack, items)
                case "TUPLE1" | "TUPLE2" | "TUPLE3" | "APPEND" | "SETITEM":
                    n = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3, "APPEND": 1, "SETITEM": 2}[code.name]
                    items = [stack.pop() for _ in range(n)][::-1]
                    _add(code.name, stack, items)
                case "BINPUT" | "LONG_BINPUT":
                    memo[value] = stack[-1]
                case "BINGET" | "LONG_BINGET":
                    stack.append(memo[value])
                case "GLOBAL":
                    stack.append(_name(str(value)))
                case "BINPERSID":
                    stack.append(self._storage(stack.pop()))
                case "REDUCE":
                    arguments = stack.pop()
                    stack.append(_call(stack.pop(), arguments))
                case "BUILD" if isinstance(stack[-2], dict):
                    stack.pop()  # the versions of the modules, which a state dict carries as an attribute
                case _:
                    raise BadCheckpoint("holds more than weights")
        raise BadCheckpoint("is damaged: the end of it is missing")

    def _storage(self, claim: object) -> Storage:
        match claim:
            case ("storage", _Name(text), str(key), str(), int(n_items), *view) if view in ([], [None]):
                kind = text.removeprefix("torch ").removesuffix("Storage")
                storage = Storage(key, _counts((n_items,))[0], _ITEM_SIZES[kind])
            case _:
                raise BadCheckpoint("describes its values in a way that torch.save does not")
        if self.storages.setdefault(key, storage) != storage:
            raise BadCheckpoint("describes the same values in two ways")
        return storage


def _add(code: str, stack: list[object], items: list[object]) -> None:
    """Put items into a new tuple, or into the list or dict on top of the stack."""
    if code.startswith("TUPLE"):
        stack.append(tuple(items))
        return
    target = stack[-1]
    if code.startswith("APPEND") and isinstance(target, list):
        target.extend(items)
    elif code.startswith("SETITEM") and isinstance(target, dict):
        for key, value in zip(items[::2], items[1::2], strict=True):
            if not isinstance(key, (str, int)):  # a nest of tuples can take for ever to be looked up
                raise BadCheckpoint("has entries without a name")
            target[key] = value
    else:
        raise BadCheckpoint("holds more than weights")


def _name(text: str) -> _Name:
    """A class or function that a plain state dict may mention."""
    kind = text.removeprefix("torch ").removesuffix("Storage")
    if text in _CALLS or (text == f"torch {kind}Storage" and kind in _ITEM_SIZES):
        return _Name(text)
    for part, words in _REFUSED.items():
        if text.split(" ")[-1].startswith(part):
            raise BadCheckpoint(f"holds {words}")
    dotted = ascii(text.replace(" ", ".", 1)[:60])
    raise BadCheckpoint(f"holds more than weights ({dotted})")


def _call(function: object, arguments: object) -> object:
    """What one of `_CALLS` would return: a dict or a Claim."""
    match function, arguments:
        case _Name("collections OrderedDict"), ():
            return {}
        case _Name("collections OrderedDict"), (list(pairs),):  # how Python 2 wrote one
            entries: dict[object, object] = {}
            for pair in pairs:
                _add("SETITEM", [entries], [*pair])
            return entries
        case _Name("torch._utils _rebuild_parameter"), (Claim() as tensor, bool(), {**hooks}) if not hooks:
            return tensor
        case _Name(), (Storage() as storage, offset, size, stride):
            return _claim(storage, offset, size, stride)
        case _Name(), (Storage() as storage, offset, size, stride, bool(), {**hooks}) if not hooks:
            return _claim(storage, offset, size, stride)
    raise BadCheckpoint("describes its values in a way that torch.save does not")


def _claim(storage: Storage, offset: object, size: object, stride: object) -> Claim:
    """The tensor at `offset` with `size` and `stride` in `storage`, if all of it is there."""
    lengths, steps = _counts(size), _counts(stride)
    first = _counts((offset,))[0]
    if len(lengths) != len(steps):
        raise BadCheckpoint("describes its values in a way that torch.save does not")
    pairs = list(zip(lengths, steps, strict=True))
    n_values = math.prod(lengths)
    if any(step == 0 and length > 1 for length, step in pairs):
        raise BadCheckpoint("repeats one value where it claims many")
    last = first + sum((length - 1) * step for length, step in pairs)
    if n_values and (last >= storage.n_items or n_values > storage.n_items):
        raise BadCheckpoint("claims values that are not in it")
    return Claim(storage, n_values)


def _counts(numbers: object) -> list[int]:
    counts = [n for n in numbers if type(n) is int and n >= 0] if isinstance(numbers, tuple) else []
    if not isinstance(numbers, tuple) or len(counts) != len(numbers) or len(counts) > 8:
        raise BadCheckpoint("describes its values in a way that torch.save does not")
    return counts
