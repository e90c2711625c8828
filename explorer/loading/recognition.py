"""Which network of the catalogue a file of weights was saved from.

The names of its entries tell the family, and the number of its weights which member it is: no two have equally many. A
person's own network has other classes and so another last layer, its head; what one class adds is known from the
head's shape, and the rest still tells. That every name and shape fits is checked when the weights are loaded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import torch

from .catalog import CATALOG
from .checkpoints import quoted
from .sources import SOURCES, source_of
from .sources.source import Resemblance


@dataclass(frozen=True)
class Recognition:
    """What a file of weights was saved from, or why that cannot be told."""

    network: str | None  # its name in the catalogue
    n_logits: int = 0  # how many numbers it ends in
    reason: str = ""  # a sentence where there is no network

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
_FAMILY_OF = {name: family for name in CATALOG for family in _FAMILIES if name.startswith(family.networks)}
_NOT_WEIGHTS = ("running_mean", "running_var", "num_batches_tracked")
_TRANSFORMER = ("class_token", "cls_token", "encoder.layers.encoder_layer_", "relative_position_bias_table", "attn",
                "attention")  # fmt: skip
_DETECTOR = ("backbone.", "rpn.", "roi_heads.", "aux_classifier.")


def head(name: str) -> str:
    """The entry with the weights of the network's last layer: (logits, features), perhaps with (1, 1) behind."""
    return f"{_FAMILY_OF[name].head}.weight"


def recognise(state: Mapping[str, torch.Tensor]) -> Recognition:
    """The network that the named weights are of, whatever its number of classes and the order of the entries."""
    # not by the head's name alone: "fc" is that of five families
    family = next((one for one in _FAMILIES if any(key.startswith(one.mark) for key in state)), None)
    if family is None:
        return Recognition(None, reason=_stranger(state))
    resembles = f"The entries of this file are named like those of {family.title}"
    found = _head(state, family.head)
    if found is None:
        return Recognition(None, reason=(
            f"{resembles}, but '{family.head}.weight' and '{family.head}.bias' are not there as those of a last layer. "
            "Replace no more than that layer, by one with another number of outputs, and save again."
        ))  # fmt: skip
    logits, per_logit = found
    n_weights = sum(value.numel() for key, value in state.items() if _counts(key))
    more = {
        name: n_weights - CATALOG[name].n_parameters - (logits - _usual_logits(name)) * per_logit
        for name, one in _FAMILY_OF.items()
        if one is family
    }
    nearest = min(more, key=lambda name: abs(more[name]))
    if not more[nearest]:
        return Recognition(nearest, logits)
    return Recognition(None, reason=(
        f"{resembles}, but it has {abs(more[nearest]):,} weights {'more' if more[nearest] > 0 else 'fewer'} than the "
        f"nearest one, {CATALOG[nearest].title} with {logits:,} output{'' if logits == 1 else 's'}. Choose a "
        "checkpoint of one of the networks in the catalogue."
    ))  # fmt: skip


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


def _stranger(state: Mapping[str, torch.Tensor]) -> str:
    """Why weights that are named like those of no family cannot be shown."""
    for marks, kind in (
        (_TRANSFORMER, "a transformer, which has no feature maps in the sense shown here"),
        (_DETECTOR, "a network that finds or outlines things, and only those that name a whole picture can be shown"),
    ):
        sign = next((key for key in state if any(mark in key for mark in marks)), None)
        if sign is not None:
            return (
                f"This file, with its entry {quoted(sign)}, is of {kind}. "
                "Choose a checkpoint of a convolutional classifier."
            )
    titles = [family.title for family in _FAMILIES]
    return (
        f"The entries of this file, among them {quoted(next(iter(state), ''))}, are named like those of no network in "
        f"the catalogue. Choose a checkpoint of {', '.join(titles[:-1])} or {titles[-1]}, as torchvision or this "
        "project names their layers."
    )
