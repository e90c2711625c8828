"""Heads that somebody put in the place of a network's own, as far as a file of their weights tells.

The names and shapes of the entries say which dense layers there are and in which order. What has no weights has no
entries: where indices leave room before the first layer, dropout is assumed, which changes nothing outside training;
where they leave room between two, ReLU, or what the network itself has there. What is assumed is said.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import nn

from ..wording import quoted

_MAX_INDEX = 50  # of a layer in a head
_COUNTER = "num_batches_tracked"
_KEPT = (nn.ReLU, nn.ReLU6, nn.Hardswish, nn.SiLU, nn.GELU, nn.Tanh, nn.Dropout)


@dataclass(frozen=True)
class Weighted:
    """A layer of the head with weights: dense, or a 1x1 convolution."""

    name: str  # behind that of the head; "" where it is the head itself
    n_in: int
    n_out: int
    bias: bool
    convolution: bool = False

    def built(self) -> nn.Module:
        """The layer, without numbers if nothing gets memory now."""
        if self.convolution:
            return nn.Conv2d(self.n_in, self.n_out, 1, bias=self.bias)
        return nn.Linear(self.n_in, self.n_out, self.bias)


@dataclass(frozen=True)
class ReplacedHead:
    """What stands at `place` in a network: the layers with weights, and those without, by their names."""

    place: str  # "fc"
    layers: tuple[tuple[str, Weighted | type[nn.Module]], ...]
    inside: str = ""  # what stands before all their names: "mlp" of "fc.mlp.0"
    notes: tuple[str, ...] = ()

    @property
    def n_logits(self) -> int:
        """How many numbers it ends in."""
        return next(layer.n_out for _, layer in reversed(self.layers) if isinstance(layer, Weighted))

    def put_into(self, module: nn.Module) -> None:
        """Replace what the network usually has there."""
        made = OrderedDict(
            (name, layer.built() if isinstance(layer, Weighted) else layer()) for name, layer in self.layers
        )
        head = made[""] if "" in made else nn.Sequential(made)
        for name in reversed(self.inside.split(".") if self.inside else []):
            head = nn.Sequential(OrderedDict([(name, head)]))
        parent, _, own = self.place.rpartition(".")
        setattr(module.get_submodule(parent), own, head)


def find_head(state: Mapping[str, torch.Tensor], usual: nn.Module, last: str) -> ReplacedHead | str | None:
    """The head that a file has in the place of the network's `last` layer, or of all that stands around it there.

    Why it cannot be told, as the rest of a sentence; None where the rest of the network does not fit.
    """
    reason = None
    shapes = {key: value.shape for key, value in usual.state_dict().items()}
    for place in (last, *([last.rpartition(".")[0]] if "." in last else [])):
        if _rest(state, place) != _rest(shapes, place):
            continue
        found = _read(state, shapes, usual, place)
        if isinstance(found, ReplacedHead):
            return found
        reason = reason or found
    return reason


def _rest(shapes: Mapping[str, torch.Tensor | torch.Size], place: str) -> dict[str, torch.Size]:
    """The shapes outside the head, without what old or trained files lack or have besides."""
    return {
        key: value.shape if isinstance(value, torch.Tensor) else value
        for key, value in shapes.items()
        if not key.startswith(f"{place}.") and not key.endswith(_COUNTER) and not key.lower().startswith("aux")
    }


def _read(
    state: Mapping[str, torch.Tensor], shapes: Mapping[str, torch.Size], usual: nn.Module, place: str
) -> ReplacedHead | str:
    inside = {key[len(place) + 1 :]: value for key, value in state.items() if key.startswith(f"{place}.")}
    layers = _weighted(inside)
    if isinstance(layers, str):
        return f"{quoted(f'{place}.{layers}')} in its head is no dense layer"
    first = next(shape for key, shape in shapes.items() if key.startswith(f"{place}.") and key.endswith("weight"))
    if not layers or len(first) != (4 if layers[0].convolution else 2):
        return f"there is no dense layer called {quoted(place)}, or in it"
    common = _common(layers)
    names = [layer.name[len(common) :] for layer in layers]
    if any("." in name for name in names) or (len(layers) > 1 and any(layer.convolution for layer in layers)):
        return f"the layers in {quoted(place)} are nested in a way that does not tell their order"
    layers = _in_order(layers, names, first[1])
    if not layers or layers[0].n_in != first[1] or any(one.n_out != two.n_in for one, two in pairwise(layers)):
        return f"the layers in {quoted(place)} do not read what the ones before them give"
    names = [layer.name[len(common) :] for layer in layers]
    if not all(name.isascii() and name.isdigit() for name in names):
        return _named(place, common.rstrip("."), names, layers)
    if max(map(int, names)) > _MAX_INDEX or [str(int(name)) for name in names] != names:
        return f"the layers in {quoted(place)} have numbers that no list of layers has"
    kept = usual.get_submodule(place) if not common else None
    return _numbered(place, common.rstrip("."), list(map(int, names)), layers, kept)


def _weighted(inside: Mapping[str, torch.Tensor]) -> list[Weighted] | str:
    """The layers in the order of the file, or the name of an entry that is not of a dense one."""
    layers = []
    for key in inside:
        name, _, kind = key.rpartition(".")
        weight = inside.get(f"{name}.weight" if name else "weight")
        bias = inside.get(f"{name}.bias" if name else "bias")
        is_flat = weight is not None and (weight.ndim == 2 or (weight.ndim == 4 and weight.shape[2:] == (1, 1)))
        if kind not in ("weight", "bias") or weight is None or not is_flat or not weight.numel():
            return key
        if bias is not None and bias.shape != weight.shape[:1]:
            return f"{name}.bias" if name else "bias"
        if kind == "weight":
            layers.append(Weighted(name, weight.shape[1], len(weight), bias is not None, weight.ndim == 4))
    return layers


def _common(layers: list[Weighted]) -> str:
    """What stands before every name: "mlp." of "mlp.0" and "mlp.2"."""
    parts = [layer.name.split(".")[:-1] for layer in layers]
    same = [part for part, *others in zip(*parts, strict=False) if all(other == part for other in others)]
    return "".join(f"{part}." for part in same) if len(same) == len(parts[0]) else ""


def _in_order(layers: list[Weighted], names: list[str], n_in: int) -> list[Weighted]:
    """By number, or so that each reads what the one before gives; empty where that leaves a choice."""
    if all(name.isascii() and name.isdigit() and len(name) < 4 for name in names):
        return [layer for _, layer in sorted(zip(map(int, names), layers, strict=True), key=lambda pair: pair[0])]
    if layers[0].n_in == n_in and all(one.n_out == two.n_in for one, two in pairwise(layers)):
        return layers  # a file has them in the order in which they were made
    ordered: list[Weighted] = []
    while left := [layer for layer in layers if layer not in ordered]:
        following = [layer for layer in left if layer.n_in == n_in]
        if len(following) != 1:
            return []
        ordered += following
        n_in = following[0].n_out
    return ordered


def _named(place: str, inside: str, names: list[str], layers: list[Weighted]) -> ReplacedHead:
    """A head whose layers have names: these do not tell what stands between."""
    if names == [""]:
        return ReplacedHead(place, (("", layers[0]),), inside)
    found: list[tuple[str, Weighted | type[nn.Module]]] = []
    for count, (name, layer) in enumerate(zip(names, layers, strict=True)):
        if count:
            found.append((f"assumed_relu{count}", nn.ReLU))
        found.append((name, layer))
    return ReplacedHead(place, tuple(found), inside, _notes(place, len(layers), "", ["ReLU"] * (len(layers) - 1)))


def _numbered(
    place: str, inside: str, indices: list[int], layers: list[Weighted], usual: nn.Module | None
) -> ReplacedHead:
    """A head that is a list: where its numbers leave room, something without weights stands."""
    own = {}
    if isinstance(usual, nn.Sequential):
        own = {int(name): type(child) for name, child in usual.named_children()}
        if [i for i, kind in own.items() if kind not in _KEPT] != indices:  # another list altogether
            own = {}
    found = dict[int, Weighted | type[nn.Module]](zip(indices, layers, strict=True))
    for index in range(indices[-1]):
        before = found.get(index - 1)
        default = nn.ReLU if isinstance(before, Weighted) else nn.Dropout
        found.setdefault(index, own.get(index, default))
    found = dict(sorted(found.items()))
    kinds = [kind.__name__ for kind in found.values() if isinstance(kind, type) and kind is not nn.Dropout]
    first = f"{place}.{inside}.{indices[0]}" if inside else f"{place}.{indices[0]}"
    notes = _notes(place, len(layers), first if indices[0] else "", kinds)
    return ReplacedHead(place, tuple((str(index), layer) for index, layer in found.items()), inside, notes)


def _notes(place: str, n_layers: int, behind: str, activations: list[str]) -> tuple[str, ...]:
    """What was assumed, in one sentence."""
    assumed = []
    if behind:
        assumed.append(f"dropout, which changes nothing, is assumed before {quoted(behind)}")
    if activations:
        kinds = " and ".join(dict.fromkeys(activations))
        assumed.append(f"{kinds} is assumed between its {n_layers} dense layers")
    if not assumed:
        return ()
    return (
        f"Its head {quoted(place)} is not the usual one, and a file does not tell what stands there without weights: "
        + ", and ".join(assumed),
    )
