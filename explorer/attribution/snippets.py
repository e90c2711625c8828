"""The code that makes maps of evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..snippets import Setting


def class_activation(setting: Setting, method: str, layer: str) -> str:
    """A class activation map, (H, W), at the layer's own resolution."""
    code = setting.begin("from explorer.attribution import class_activation_map")
    return code + f"array = class_activation_map(trace, {method!r}, {layer!r})\n"


def target_expression(index: int, against: int | None, layer: str | None, place: tuple[int, int] | None) -> str:
    """A target as code names it: the index of a class, or a Target."""
    named = {"against": against, "layer": layer, "place": place}
    given = [f"{key}={value!r}" for key, value in named.items() if value is not None]
    return f"Target({', '.join([str(index), *given])})" if given else str(index)


@dataclass(frozen=True)
class Asked:
    """A map of evidence as code asks for it: `target` is a `target_expression`, `options` are those that matter."""

    method: str
    target: str
    layer: str | None = None
    signed: bool = False
    options: Mapping[str, object] = field(default_factory=dict)

    @property
    def imports(self) -> tuple[str, ...]:
        """What the target needs."""
        return _for_target(self.target)

    def call(self, function: str = "explorer.attribute", **more: object) -> str:
        """The call that makes the map."""
        named = {"layer": self.layer, "signed": self.signed or None, **self.options, **more}
        given = "".join(f", {key}={value!r}" for key, value in named.items() if value is not None)
        return f"{function}(network, image, {self.method!r}, {self.target}{given})"


def evidence(setting: Setting, asked: Asked) -> str:
    """A map of any method for any target, (H, W), at its own resolution."""
    return setting.load(*asked.imports) + f"array = {asked.call()}.values\n"


def evidence_through_depth(
    setting: Setting, method: str, target: str, layers: Sequence[str], signed: bool, in_place: bool = False
) -> str:
    """A class activation map at several layers, each enlarged to the picture, (n, H, W); `in_place` with each cell
    where it looks."""
    if in_place:
        return _explaining(setting, target, "from explorer.drawing.picture import enlarge") + (
            f"maps = {{layer: class_activation_map(trace, {method!r}, layer, {signed}) for layer in {list(layers)}}}\n"
            "size, places = trace.prepared.size, network.places\n"
            "array = [enlarge(values, *size, places(layer)) for layer, values in maps.items()]\n"
        )
    return _explaining(setting, target, "from explorer.drawing.picture import enlarge") + (
        f"maps = [class_activation_map(trace, {method!r}, layer, {signed}) for layer in {list(layers)}]\n"
        "array = [enlarge(values, *trace.prepared.size) for values in maps]\n"
    )


def fused_evidence(
    setting: Setting, method: str, target: str, layers: Sequence[str], how: str, in_place: bool = False
) -> str:
    """Class activation maps of several layers in one, (H, W); `in_place` with each cell where it looks."""
    places = f", [network.places(layer) for layer in {list(layers)}]" if in_place else ""
    return _explaining(setting, target, "from explorer.attribution import fuse") + (
        f"maps = [class_activation_map(trace, {method!r}, layer) for layer in {list(layers)}]\n"
        f"array = fuse(maps, trace.prepared.size, {how!r}{places})\n"
    )


def concept_maps(setting: Setting, layer: str, n: int) -> str:
    """The maps of n concepts of a layer, (n, H, W), at the layer's own resolution."""
    code = setting.begin("from explorer.attribution import concepts")
    return code + f"array = concepts(trace, {layer!r}, {n}).maps\n"


def evidence_of_methods(
    setting: Setting, methods: Mapping[str, Mapping[str, object]], target: str, layer: str | None, signed: bool,
    in_place: bool = False,
) -> str:  # fmt: skip
    """Maps of several methods, each with its options, and enlarged to the picture, (n, H, W); `in_place` with each cell
    where it looks."""
    places = ", one.places" if in_place else ""
    code = setting.load(*_for_target(target), "from explorer.drawing.picture import enlarge")
    return code + (
        f"methods, target, layer = {dict(methods)}, {target}, {layer!r}\n"
        "found = [\n"
        f"    explorer.attribute(network, image, method, target, layer, signed={signed}, **options)\n"
        "    for method, options in methods.items()\n"
        "]\n"
        f"array = [enlarge(one.values, *network.prepare(image).size{places}) for one in found]\n"
    )


def evidence_of_classes(setting: Setting, method: str, classes: Sequence[int], layer: str, signed: bool) -> str:
    """Class activation maps of several classes at one layer, (n, H, W)."""
    return setting.load("from explorer.attribution import class_activation_map") + (
        f"traces = [explorer.run(network, image, target=index) for index in {list(classes)}]\n"
        f"array = [class_activation_map(trace, {method!r}, {layer!r}, {signed}) for trace in traces]\n"
    )


def _explaining(setting: Setting, target: str, *imports: str) -> str:
    code = setting.load(*_for_target(target), "from explorer.attribution import class_activation_map", *imports)
    return code + f"trace = explorer.run(network, image, target={target})\n"


def _for_target(target: str) -> tuple[str, ...]:
    return ("from explorer.targets import Target",) if target.startswith("Target") else ()
