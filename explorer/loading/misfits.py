"""Which entries of a file do not fit a network, in the file's own order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from ..wording import quoted
from .catalog import CATALOG
from .skeleton import skeleton

_COUNTER = "num_batches_tracked"


def nearest_of(names: Sequence[str], state: Mapping[str, torch.Tensor], head: str) -> tuple[str, list[str], str]:
    """Of some networks the one that most entries fit; what does not fit it; and the reason, if it is the first layer.

    How many outputs the last layer has does not count.
    """
    wrongs = {name: _misfits(name, state, head) for name in names}
    nearest = min(wrongs, key=lambda name: len(wrongs[name]))
    return nearest, list(wrongs[nearest].values()), _first_layer(nearest, state, wrongs[nearest])


def first_three(wrong: Sequence[str]) -> str:
    """What does not fit, as a part of a sentence."""
    more = len(wrong) - 3
    rest = f", and {more} more {'entry does' if more == 1 else 'entries do'} not fit" if more > 0 else ""
    return f"{', '.join(wrong[:3])}{rest}"


def shape_text(shape: Sequence[int]) -> str:
    """The lengths as Python writes them."""
    return "(" + ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "") + ")"


def _misfits(name: str, state: Mapping[str, torch.Tensor], head: str) -> dict[str, str]:
    usual = {key: value.shape for key, value in skeleton(name).state_dict().items()}
    wrong: dict[str, str] = {}
    for key, value in state.items():
        if key.lower().startswith("aux") or (key.startswith(f"{head}.") and value.shape[1:] == usual.get(key, ())[1:]):
            continue
        if key not in usual:
            wrong[key] = f"{CATALOG[name].title} has no {quoted(key)}"
        elif value.shape != usual[key]:
            wrong[key] = f"its {quoted(key)} is {shape_text(value.shape)} instead of {shape_text(usual[key])}"
    missing = (key for key in usual if key not in state and not key.endswith(_COUNTER))
    return wrong | {key: f"it has no {quoted(key)}" for key in missing}


def _first_layer(name: str, state: Mapping[str, torch.Tensor], wrong: Mapping[str, str]) -> str:
    """What is different about the first convolution, where hardly anything else is."""
    first = next((key for key, value in skeleton(name).state_dict().items() if value.ndim == 4), None)
    if first is None or first not in wrong or first not in state or state[first].ndim != 4:
        return ""
    usual, given = skeleton(name).state_dict()[first].shape, state[first].shape
    if given[1] != usual[1]:
        n = given[1]
        return (
            f"its first layer, {quoted(first)}, reads {n} channel{'' if n == 1 else 's'} of a picture, and that of "
            f"{CATALOG[name].title} reads {usual[1]}: the channels of pictures are given to it as they are here"
        )
    if given[2:] != usual[2:]:
        mine, theirs = (f"{shape[2]}×{shape[3]}" for shape in (given, usual))
        return (
            f"the window of its first layer, {quoted(first)}, is {mine} and not {theirs}, as in variants of "
            f"{CATALOG[name].title} for small pictures (CIFAR), whose steps a file of weights does not tell"
        )
    return ""
