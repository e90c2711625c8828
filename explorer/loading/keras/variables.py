"""Which of the arrays in a file are a layer's: in its own order, as its class makes them.

In a `.keras` file they lie under the layer's class and a counter (`layers/conv2d_1/vars/0`), with its name beside them
in files of later versions. In the older `.h5` they lie under the layer's name, those of a network inside all in one
list, each under a name that ends as its layer is called.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Protocol

from .calls import Layer, Model
from .hdf5 import Array, Stored

Way = tuple[Layer, ...]  # from the outermost network to a layer

_CONTAINERS = ("layers", "_layer_checkpoint_dependencies")  # the second in files of Keras 2.13 to 2.15
_COUNTED = re.compile(r"(.*?)(?:_(\d{1,9}))?", re.DOTALL)


class Variables(Protocol):
    def of(self, way: Way) -> list[Array]:
        """The arrays of the layer at the end of the way; none where the file has none."""


def variables_in(stored: Stored, model: Model, is_archive: bool) -> Variables:
    """For the model of a `.keras` file (`is_archive`), or of the older kind."""
    return _ByPlace(stored, model) if is_archive else _ByName(stored)


class _ByPlace:
    def __init__(self, stored: Stored, model: Model) -> None:
        self._arrays: dict[str, dict[int, Array]] = {}
        self._groups: dict[str, list[str]] = {}  # what lies in a group, of groups
        for path, values in stored.arrays.items():
            group, _, place = path.rpartition("/")
            if group.endswith("vars") and place.isdecimal() and len(place) < 6:
                self._arrays.setdefault(group, {})[int(place)] = values
        for path in stored.texts:
            above, _, name = path.rpartition("/")
            self._groups.setdefault(above, []).append(name)
        self._stored = stored
        self._paths: dict[int, str] = {}  # by the layer's id: the model keeps them alive
        self._place(model, "")

    def of(self, way: Way) -> list[Array]:
        path = self._paths.get(id(way[-1]))
        if path is None:
            return []
        found = self._arrays.get(f"{path}/vars", {})
        return [found[i] for i in sorted(found)]

    def _place(self, model: Model, above: str) -> None:
        container = next((c for c in _CONTAINERS if f"{above}{c}" in self._stored.texts), _CONTAINERS[0])
        groups = self._groups.get(f"{above}{container}", [])
        named: dict[str, str] = {}
        for group in groups:
            name = self._stored.text(f"{above}{container}/{group}/vars", "name")
            if name:
                named[name] = group
        layers = [layer for layer in model.layers if not layer.is_operation]
        by_class = _by_class(layers, [group for group in groups if self._holds(f"{above}{container}/{group}")])
        for layer in layers:
            group = named.get(layer.name) or by_class[id(layer)]
            self._paths[id(layer)] = path = f"{above}{container}/{group}"
            if layer.inside is not None:
                self._place(layer.inside, f"{path}/")

    def _holds(self, path: str) -> bool:
        return bool(self._arrays.get(f"{path}/vars")) or any(f"{path}/{c}" in self._stored.texts for c in _CONTAINERS)


def _by_class(layers: Sequence[Layer], groups: Sequence[str]) -> Mapping[int, str]:
    """The group of each layer, by its id. Where as many groups hold weights as there are layers of a class, they go
    together in their order: versions of Keras have counted in more ways than one."""
    counted: dict[str, list[tuple[int, str]]] = {}
    for group in groups:
        match = _COUNTED.fullmatch(group)
        assert match is not None
        counted.setdefault(match[1], []).append((int(match[2] or 0), group))
    of_class: dict[str, list[Layer]] = {}
    for layer in layers:
        of_class.setdefault(snake_case(layer.kind), []).append(layer)
    found: dict[int, str] = {}
    for name, same in of_class.items():
        held = [group for _, group in sorted(counted.get(name, []))]
        usual = [name if i == 0 else f"{name}_{i}" for i in range(len(same))]
        found |= dict(zip(map(id, same), held if len(held) == len(same) else usual, strict=True))
    return found


def snake_case(name: str) -> str:
    """As Keras names the group of a class: Conv2D is conv2d, BatchNormalization is batch_normalization."""
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", name[:200]))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


class _ByName:
    def __init__(self, stored: Stored) -> None:
        self._stored = stored
        self._root = "model_weights/" if "model_weights" in stored.texts else ""

    def of(self, way: Way) -> list[Array]:
        group = f"{self._root}{way[0].name}"
        names = self._stored.listed(group, "weight_names")
        own = names if len(way) == 1 else _nested([layer.name for layer in way], names)
        found = [self._stored.arrays.get(f"{group}/{name}") for name in own]
        return [values for values in found if values is not None]


def _nested(way: Sequence[str], names: Sequence[str]) -> list[str]:
    """Of the names of all weights of a network inside those of one layer, such as block1_conv1/kernel:0. Where layers
    of several networks inside bear one name, those of the networks stand before it."""
    for start in range(len(way)):
        ending = "/".join(way[start:])
        found = [name for name in names if f"/{name.rpartition('/')[0]}".endswith(f"/{ending}")]
        if found:
            return found
    return []
