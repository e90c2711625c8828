"""What a layer is called with, as configurations of Keras 2 and Keras 3 write it down."""

from __future__ import annotations

import itertools
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import BadModelFile

UNWRITTEN = "has a configuration that Keras would not write"

Argument = Any  # a Ref, a number, a text, None, an array, or a list or a mapping of such


@dataclass(frozen=True)
class Ref:
    """What one call of a layer returned."""

    layer: str
    call: int


def argument(value: Any, names: Container[str]) -> Argument:
    """What stands for a tensor becomes a Ref, what stands for an array an array; all else stays."""
    if isinstance(value, list):
        if len(value) == 3 and isinstance(value[0], str) and value[0] in names and all(map(_is_index, value[1:])):
            return _ref(value)
        return [argument(item, names) for item in value]
    if isinstance(value, Mapping):
        kind, config = value.get("class_name"), value.get("config")
        if kind == "__keras_tensor__" and isinstance(config, Mapping):
            return _ref(config.get("keras_history"))
        if kind in ("__tensor__", "__numpy__") and isinstance(config, Mapping):
            return constant(config.get("value"))
        if kind == "__tuple__" and isinstance(value.get("items"), list):
            return [argument(item, names) for item in value["items"]]
        return {key: argument(item, names) for key, item in value.items()}
    return value


def constant(value: object) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Numbers, one or nested lists of them, as an array."""
    try:
        found = np.asarray(value, np.float32)
    except (TypeError, ValueError):
        raise BadModelFile(UNWRITTEN) from None
    if not np.isfinite(found).all():
        raise BadModelFile("has constants that are no finite numbers")
    return found


def _ref(history: Any) -> Ref:
    if not isinstance(history, list) or len(history) != 3 or not isinstance(history[0], str):
        raise BadModelFile(UNWRITTEN)
    if not all(map(_is_index, history[1:])):
        raise BadModelFile(UNWRITTEN)
    return Ref(history[0], history[1])


def _is_index(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def ends(value: Any) -> Iterator[Ref]:
    """The inputs or outputs of a network: one [layer, call, tensor], or a list of such."""
    if isinstance(value, list) and value and isinstance(value[0], str):
        value = [value]
    if not isinstance(value, list) or not value:
        raise BadModelFile(UNWRITTEN)
    yield from map(_ref, value)


def refs_in(value: Argument) -> Iterator[Ref]:
    if isinstance(value, Ref):
        yield value
    elif isinstance(value, list | tuple):
        yield from itertools.chain.from_iterable(map(refs_in, value))
    elif isinstance(value, Mapping):
        yield from itertools.chain.from_iterable(map(refs_in, value.values()))
