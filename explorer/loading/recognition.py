"""Which network of the catalogue a file of weights was saved from.

The names of its entries tell the family, and the number of its weights which member it is: no two have equally many. A
person's own network has other classes and so another last layer, its head; what one class adds is known from the
head's shape, and the rest still tells. Where the head has other layers, the rest is compared name by name. That every
name and shape fits is checked when the weights are loaded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import torch

from .catalog import CATALOG
from .heads import ReplacedHead, find_head
from .misfits import first_three, nearest_of
from .skeleton import skeleton
from .sources import SOURCES, source_of
from .sources.source import Resemblance
from .strangers import outlines, stranger


@dataclass(frozen=True)
class Recognition:
    """What a file of weights was saved from, or why that cannot be told."""

    network: str | None  # its name in the catalogue
    n_logits: int = 0  # how many numbers it ends in
    reason: str = ""  # a sentence where there is no network
    head: ReplacedHead | None = None  # in the place of the network's own

    @property
    def n_classes(self) -> int:
        """One logit tells two classes apart."""
        return max(2, self.n_logits)


def _resemblances() -> Iterator[Resemblance]:
    """Those of all sources. What bears one mark is one family, whoever defines it."""
    rows = [row for source in SOURCES for row in source.resemblances]
    for mark in dict.fromkeys(row.mark for row in rows):
        alike = [row for row in rows if row.mark == mark]
        yield replace(alike[0], networks=tuple(name for row in alike for name in row.networks))


_FAMILIES = tuple(_resemblances())
# a name may begin like that of another family, as EfficientNet-Lite's does: the first is meant
_FAMILY_OF = {name: next(family for family in _FAMILIES if name.startswith(family.networks)) for name in CATALOG}
_NOT_WEIGHTS = ("running_mean", "running_var", "num_batches_tracked")
_CHOOSE = "Choose a checkpoint of one of the networks in the catalogue."


def head(name: str) -> str:
    """The entry with the weights of the network's last layer: (logits, features), perhaps with (1, 1) behind."""
    return f"{_FAMILY_OF[name].head}.weight"


def recognise(state: Mapping[str, torch.Tensor]) -> Recognition:
    """The network that the named weights are of, whatever its number of classes and the order of the entries."""
    if other := outlines(state):
        return Recognition(None, reason=other)
    # not by the head's name alone: "fc" is that of five families
    family = next((one for one in _FAMILIES if any(key.startswith(one.mark) for key in state)), None)
    if family is None:
        return Recognition(None, reason=stranger(state, [one.title for one in _FAMILIES]))
    found = _head(state, family.head)
    more = None if found is None else _surplus(state, family, *found)
    nearest = min(more, key=lambda name: abs(more[name])) if more else None
    if more and nearest and found and not more[nearest]:
        return Recognition(nearest, found[0])
    replaced = _with_another_head(state, family)
    if isinstance(replaced, Recognition):
        return replaced
    resembles = f"The entries of this file are named like those of {family.title}"
    if replaced:
        return Recognition(None, reason=f"{resembles}, but {replaced}. Replace no more than its last layers, by dense "
                                        "ones in a row, and save again.")  # fmt: skip
    name, wrong, entry = nearest_of((nearest,) if nearest else _members(family), state, family.head)
    if entry:
        return Recognition(None, reason=f"{resembles}, but {entry}. {_CHOOSE}")
    if more and found and nearest:
        n, logits = more[nearest], found[0]
        resembles += (
            f", but it has {abs(n):,} weights {'more' if n > 0 else 'fewer'} than the nearest one, "
            f"{CATALOG[nearest].title} with {logits:,} output{'' if logits == 1 else 's'}"
        )
        return Recognition(None, reason=f"{resembles}: {first_three(wrong)}. {_CHOOSE}")
    return Recognition(None, reason=(
        f"{resembles}, but '{family.head}.weight' and '{family.head}.bias' are not there as those of a last layer, and "
        f"beside these {first_three(wrong)} (compared with {CATALOG[name].title}). {_CHOOSE}"
    ))  # fmt: skip


def _members(family: Resemblance) -> tuple[str, ...]:
    return tuple(name for name, one in _FAMILY_OF.items() if one is family)


def _surplus(state: Mapping[str, torch.Tensor], family: Resemblance, logits: int, per_logit: int) -> dict[str, int]:
    """By how many weights the file has more than each member of the family would have with as many outputs."""
    n_weights = sum(value.numel() for key, value in state.items() if _counts(key))
    return {
        name: n_weights - CATALOG[name].n_parameters - (logits - _usual_logits(name)) * per_logit
        for name in _members(family)
    }


def _with_another_head(state: Mapping[str, torch.Tensor], family: Resemblance) -> Recognition | str:
    """The network whose head somebody replaced; else why that head cannot be told, or nothing."""
    reason = ""
    marked = [one for one in _FAMILIES if one is not family and any(key.startswith(one.mark) for key in state)]
    lost = [one for one in _FAMILIES if one.mark.startswith(f"{one.head.split('.')[0]}.")]  # it went with the head
    for one in dict.fromkeys((family, *marked, *lost)):
        for name in _members(one):
            found = find_head(state, skeleton(name), one.head)
            if isinstance(found, ReplacedHead):
                return Recognition(name, found.n_logits, head=found)
            reason = reason or found or ""
    return reason


def _counts(key: str) -> bool:
    """Whether the entry is learned and in use: no statistic of batch norm, no classifier that only helped to train."""
    return not key.endswith(_NOT_WEIGHTS) and not key.lower().startswith("aux")


def _usual_logits(name: str) -> int:
    """With how many logits the catalogue counts the weights."""
    return source_of(CATALOG[name]).n_logits(CATALOG[name])


def _head(state: Mapping[str, torch.Tensor], name: str) -> tuple[int, int] | None:
    """How many logits the last layer has, and how many weights each of them; None if it is not such a layer."""
    weight, bias = state.get(f"{name}.weight"), state.get(f"{name}.bias")
    if weight is None or bias is None or weight.ndim not in (2, 4) or not weight.numel():
        return None
    return (len(weight), weight[0].numel() + 1) if bias.shape == weight.shape[:1] else None
