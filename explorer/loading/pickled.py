"""What a pickle of tensors claims, spelled out instruction by instruction without building or running any of it.

Lists, dicts, numbers and names are what they are, and a tensor is a `Claim` that has been held against the storage it
asks for. Whatever else a training script put beside the weights is `Foreign`: a stand-in that knows its name and can
do nothing. What no pickle of tensors says is refused: a BadCheckpoint whose text says only what is wrong.
"""

from __future__ import annotations

import io
import math
import pickletools
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from ..errors import BadCheckpoint

_MAX_INSTRUCTIONS = 500_000  # resnet152 needs 33,000
ITEM_SIZES = {"Float": 4, "Half": 2, "BFloat16": 2, "Double": 8, "Long": 8, "Int": 4, "Short": 2, "Char": 1, "Byte": 1,
              "Bool": 1}  # fmt: skip
# Numbers that are no weights here. Their sizes count where storages stand one behind the other.
_OTHER_SIZES = {"ComplexFloat": 8, "ComplexDouble": 16, "QInt8": 1, "QUInt8": 1, "QInt32": 4, "QUInt4x2": 1,
                "QUInt2x4": 1, "Untyped": 1}  # fmt: skip
_REBUILT = {f"torch._utils {name}" for name in ("_rebuild_tensor", "_rebuild_tensor_v2")}
_PARAMETER = "torch._utils _rebuild_parameter"
_REASONS = {"Complex": "complex numbers", "QInt": "quantised weights", "QUInt": "quantised weights",
            "_rebuild_sparse_tensor": "sparse tensors", "_rebuild_qtensor": "quantised weights"}  # fmt: skip
_STORAGE = re.compile(r"torch(?:\.storage)? (\w+)Storage")
_LIES = "describes its values in a way that torch.save does not"

_PLAIN = {"BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "BINSTRING", "SHORT_BINSTRING", "BINBYTES",
          "SHORT_BINBYTES", "BYTEARRAY8", "BININT", "BININT1", "BININT2", "LONG1", "LONG4", "BINFLOAT"}  # fmt: skip
_MADE: dict[str, Callable[[], object]] = {
    "NONE": lambda: None, "NEWTRUE": lambda: True, "NEWFALSE": lambda: False, "EMPTY_TUPLE": tuple,
    "EMPTY_LIST": list, "EMPTY_DICT": dict, "EMPTY_SET": lambda: Foreign("builtins set"),
}  # fmt: skip
_TAKEN = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3, "APPEND": 1, "SETITEM": 2}
UNNAMED = object()  # in the place of a key that is no text: a nest of tuples can take for ever to be looked up


@dataclass(frozen=True)
class Storage:
    """A run of numbers in the file, as claimed."""

    key: str
    n_items: int
    kind: str  # "Float"

    @property
    def item_size(self) -> int:
        return ITEM_SIZES.get(self.kind) or _OTHER_SIZES[self.kind]

    @property
    def n_bytes(self) -> int:
        return self.n_items * self.item_size


@dataclass(frozen=True)
class Claim:
    """A tensor that fits its storage. Two that are equal are one tensor under two names."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    @property
    def n_bytes(self) -> int:
        return math.prod(self.shape) * self.storage.item_size


@dataclass(frozen=True, eq=False)
class Unread:
    """A tensor of a kind that is not read, and why: "holds sparse tensors"."""

    reason: str


@dataclass(frozen=True, eq=False)
class Foreign:
    """A class, a function, or an object of one. Nothing is known of it but the name, which is never looked up, and the
    things with names that were put into it."""

    text: str  # "module name"
    items: dict[object, object] = field(default_factory=dict)


class Pickle:
    """One pickle, executed on stand-ins: lists and dicts are real, tensors are Claims, all else is Foreign."""

    def __init__(self, stream: io.BytesIO) -> None:
        self.storages: dict[str, Storage] = {}
        self._stream = stream
        self._stack: list[object] = []
        self._marked: list[list[object]] = []
        self._memo: dict[object, object] = {}

    def read(self) -> object:
        """What the pickle describes. Any malformed pickle ends in some exception, never in anything being run."""
        for count, (code, value, _) in enumerate(pickletools.genops(self._stream)):
            if count == _MAX_INSTRUCTIONS:
                raise BadCheckpoint("holds far more than weights")
            if code.name == "STOP":
                return self._stack.pop()
            self._do(code.name, value)
        raise BadCheckpoint("is damaged: the end of it is missing")

    def _do(self, code: str, value: object) -> None:  # noqa: C901  # one branch for each kind of instruction
        stack = self._stack
        match code:
            case "PROTO" if value in (2, 3, 4, 5):
                pass
            case "FRAME":
                pass
            case "MARK":
                self._marked.append(stack)
                self._stack = []
            case _ if code in _PLAIN:
                stack.append(value)
            case _ if code in _MADE:
                stack.append(_MADE[code]())
            case "TUPLE" | "APPENDS" | "SETITEMS" | "ADDITEMS" | "FROZENSET":
                self._stack = self._marked.pop()
                _add(code, self._stack, stack)
            case _ if code in _TAKEN:
                items = [stack.pop() for _ in range(_TAKEN[code])][::-1]
                _add(code, stack, items)
            case "BINPUT" | "LONG_BINPUT":
                self._memo[value] = stack[-1]
            case "MEMOIZE":
                self._memo[len(self._memo)] = stack[-1]
            case "BINGET" | "LONG_BINGET":
                stack.append(self._memo[value])
            case "GLOBAL":
                stack.append(Foreign(str(value)))
            case "STACK_GLOBAL":
                name, module = stack.pop(), stack.pop()
                if not isinstance(name, str) or not isinstance(module, str):
                    raise BadCheckpoint("holds more than weights")
                stack.append(Foreign(f"{module} {name}"))
            case "BINPERSID":
                stack.append(self._storage(stack.pop()))
            case "REDUCE" | "NEWOBJ":
                arguments = stack.pop()
                stack.append(_call(stack.pop(), arguments))
            case "NEWOBJ_EX":
                del stack[-2:]
                stack.append(_call(stack.pop(), None))
            case "BUILD":
                _build(stack[-2], stack.pop())
            case _:
                raise BadCheckpoint("holds more than weights")

    def _storage(self, claim: object) -> Storage | Foreign:
        match claim:
            case ("module", Foreign(text), *_):  # a class of a network, and in old files its source code
                return Foreign(text)
            case ("storage", Foreign(text), str(key), str(), int(n_items), *view) if view in ([], [None]):
                named = _STORAGE.fullmatch(text)
                kind = named[1] if named else ""
                if kind not in ITEM_SIZES and kind not in _OTHER_SIZES:
                    raise BadCheckpoint(_LIES)
                storage = Storage(key, _counts((n_items,))[0], kind)
            case _:
                raise BadCheckpoint(_LIES)
        if self.storages.setdefault(key, storage) != storage:
            raise BadCheckpoint("describes the same values in two ways")
        return storage


def dotted(text: str) -> str:
    """The name of a class or function, as it can stand in a sentence."""
    return ascii(text.replace(" ", ".", 1)[:60])


def _add(code: str, stack: list[object], items: list[object]) -> None:
    """Put items into a new tuple, or into what is on top of the stack."""
    if code.startswith("TUPLE"):
        stack.append(tuple(items))
        return
    if code == "FROZENSET":
        stack.append(Foreign("builtins frozenset"))
        return
    target = stack[-1]
    if code.startswith("SETITEM") and isinstance(target, (dict, Foreign)):
        entries = target if isinstance(target, dict) else target.items
        for key, value in zip(items[::2], items[1::2], strict=True):
            entries[key if isinstance(key, (str, int)) else UNNAMED] = value
    elif code.startswith("APPEND") and isinstance(target, list):
        target.extend(items)
    elif not isinstance(target, Foreign):
        raise BadCheckpoint("holds more than weights")


def _build(target: object, state: object) -> None:
    """What an object would be given as its attributes; those of a dict are the versions of a network's modules."""
    for part in state if isinstance(state, tuple) else (state,):
        if isinstance(target, Foreign) and isinstance(part, dict):
            target.items.update(part)
    if not isinstance(target, (dict, Foreign)):
        raise BadCheckpoint("holds more than weights")


def _call(function: object, arguments: object) -> object:
    """What a call would return, as far as that is known without it: a dict, a Claim, or Foreign."""
    match function, arguments:
        case Foreign("collections OrderedDict" | "collections Counter"), ({**entries},):
            return entries
        case Foreign("collections OrderedDict"), (list(pairs),):  # how Python 2 wrote one
            made: dict[object, object] = {}
            for pair in pairs:
                _add("SETITEM", [made], [*pair])
            return made
        case Foreign("collections OrderedDict" | "collections defaultdict" | "collections Counter"), _:
            return {}
        case Foreign(text), _ if text in _REBUILT or text == _PARAMETER:
            return _tensor(arguments)
        case Foreign(text), _ if text.startswith("torch.") and " _rebuild" in text:
            return Unread(_reason(text.split(" ")[-1]) or f"holds more than weights ({dotted(text)})")
        case Foreign(text), _:
            return Foreign(text)
    raise BadCheckpoint("holds more than weights")


def _tensor(arguments: object) -> Claim | Unread:
    """What one of the functions of torch.save's tensors and parameters would return."""
    match arguments:
        case (Claim() | Unread() as tensor, bool(), {**hooks}) if not hooks:
            return tensor
        case (Storage() as storage, offset, size, stride):
            return _claim(storage, offset, size, stride)
        case (Storage() as storage, offset, size, stride, bool(), {**hooks}) if not hooks:
            return _claim(storage, offset, size, stride)
    raise BadCheckpoint(_LIES)


def _reason(name: str) -> str:
    return next((f"holds {words}" for part, words in _REASONS.items() if name.startswith(part)), "")


def _claim(storage: Storage, offset: object, size: object, stride: object) -> Claim | Unread:
    """The tensor at `offset` with `size` and `stride` in `storage`, if all of it is there."""
    lengths, steps = _counts(size), _counts(stride)
    first = _counts((offset,))[0]
    if len(lengths) != len(steps):
        raise BadCheckpoint(_LIES)
    if storage.kind not in ITEM_SIZES:
        return Unread(_reason(storage.kind) or "describes its values in a way that is not read")
    pairs = list(zip(lengths, steps, strict=True))
    n_values = math.prod(lengths)
    if any(step == 0 and length > 1 for length, step in pairs):
        return Unread("repeats one value where it claims many")
    last = first + sum((length - 1) * step for length, step in pairs)
    if n_values and (last >= storage.n_items or n_values > storage.n_items):
        raise BadCheckpoint("claims values that are not in it")
    return Claim(storage, first, tuple(lengths), tuple(steps))


def _counts(numbers: object) -> list[int]:
    counts = [n for n in numbers if type(n) is int and n >= 0] if isinstance(numbers, tuple) else []
    if not isinstance(numbers, tuple) or len(counts) != len(numbers) or len(counts) > 8:
        raise BadCheckpoint(_LIES)
    return counts
