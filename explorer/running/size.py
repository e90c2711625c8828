"""How much memory what is kept takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass

import numpy as np
import torch


def arrays_in(value: object) -> dict[int, int]:
    """The memory of all arrays, tensors and bytes that can be reached from a result, through containers and data
    classes: address -> bytes, each piece once, whole where only a part of it is seen."""
    found: dict[int, int] = {}
    pending, seen = [value], set[int]()
    while pending:
        one = pending.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        match one:
            case np.ndarray():
                while isinstance(one.base, np.ndarray):
                    one = one.base
                found[one.__array_interface__["data"][0]] = one.nbytes
            case torch.Tensor():
                storage = one.untyped_storage()
                found[storage.data_ptr()] = storage.nbytes()
            case bytes():
                found[id(one)] = len(one)
            case Mapping():
                pending += one.values()
            case list() | tuple() | set() | frozenset():
                pending += one
            case _ if is_dataclass(one):
                pending += [getattr(one, field.name) for field in fields(one)]
    return found
